# Compiler flags, in one place: postern-flags is linked by each of our targets and by nothing else.
add_library(postern-flags INTERFACE)
target_compile_options(postern-flags INTERFACE
  -Wall -Wextra -Wconversion -Wsign-conversion -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wcast-align
  -Woverloaded-virtual -Wimplicit-fallthrough -Werror
  $<$<CXX_COMPILER_ID:GNU>:-Wduplicated-cond -Wlogical-op>
  -ffile-prefix-map=${CMAKE_SOURCE_DIR}=. -fno-omit-frame-pointer)

# At -O2 g++ 14 takes Asio's own operator delete of coroutine frames for the global one's partner.
target_compile_options(postern-flags INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-mismatched-new-delete>)

if(POSTERN_HARDENING)
  target_compile_options(postern-flags INTERFACE
    -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection -fPIE
    -ftrivial-auto-var-init=zero -D_GLIBCXX_ASSERTIONS
    $<$<STREQUAL:${CMAKE_SYSTEM_PROCESSOR},x86_64>:-fcf-protection=full>
    $<$<STREQUAL:${CMAKE_SYSTEM_PROCESSOR},aarch64>:-mbranch-protection=standard>)
  target_link_options(postern-flags INTERFACE -pie -Wl,-z,relro,-z,now,-z,noexecstack)
endif()

# Asio and Beast compiled once, in base/asio.cpp, instead of in each source that includes them.
add_library(postern-asio-flags INTERFACE)
target_compile_definitions(postern-asio-flags INTERFACE
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED
  BOOST_ASIO_DISABLE_BOOST_COROUTINE BOOST_ASIO_DISABLE_BOOST_CONTEXT_FIBER)
