postern_fuzz_target(config USES config)
