postern_fuzz_target(smtp_address USES smtp)
postern_fuzz_target(smtp_bdat USES smtp)
postern_fuzz_target(smtp_client USES smtp)
postern_fuzz_target(smtp_server USES smtp)
