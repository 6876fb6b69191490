"""A library to preload that makes every fsync and fdatasync fail with EIO once a certain file exists. (Injection by
strace would change the number of the system call, which the daemons' filters take for an attack.)"""

from lab.process import run

SOURCE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <unistd.h>
static int fails(void) {
  if (access(TRIGGER, F_OK) != 0) return 0;
  if (write(2, "sync refused\n", 13) != 13) _exit(1);
  errno = EIO;
  return 1;
}
int fdatasync(int fd) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  return fails() ? -1 : real(fd);
}
int fsync(int fd) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
  return fails() ? -1 : real(fd);
}
"""


def build(folder, trigger):
    """Compiles the library into a folder; `trigger` is the path whose existence makes syncs fail."""
    source, library = folder / "failing_sync.c", folder / "failing_sync.so"
    source.write_text(SOURCE)
    run(["gcc", "-shared", "-fPIC", f'-DTRIGGER="{trigger}"', "-o", library, source, "-ldl"])
    return library
