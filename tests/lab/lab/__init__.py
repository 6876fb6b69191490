"""The office in network namespaces: see tests/lab/README.md."""
