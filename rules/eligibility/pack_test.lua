-- SPDX-License-Identifier: Apache-2.0
-- The whole pack: which finding leads.
return {
  { name = "citizen", facts = {}, expect = "clear" },
  { name = "a match outranks a minor", facts = { document = { age_years = 9 }, matches = { { entry_id = "D1" } } },
    expect = { "stop", "eligibility.list_match", "database_hit" } },
  { name = "expired leads before the failed check it causes",
    facts = { document = { days_to_expiry = -30 },
      checks = { { name = "document.validity", result = "failed", reason = "mrz.expired" } } },
    expect = { "refer", "eligibility.document_expired", "expired_document" } },
  { name = "citizen with a genuine chip", facts = { chip_result = "successful" }, expect = "clear" },
  { name = "a forged chip leads before a minor's age", facts = { document = { age_years = 12 }, chip_result = "failed",
      chip_checks = { { name = "pa.dg.hash", result = "failed" } } },
    expect = { "refer", "eligibility.chip_failed", "document_check_failure", "pa.dg.hash" } },
  { name = "a failed check digit leads before the chip", facts = { chip_result = "undetermined",
      checks = { { name = "mrz.check_digit.document_number", result = "failed", reason = "mrz.check_digit" } } },
    expect = { "refer", "eligibility.check_failed", "document_check_failure", "mrz.check_digit.document_number" } },
  { name = "minor", facts = { document = { age_years = 12 } }, expect = { "refer", "eligibility.minor", "minor", 18 } },
  { name = "nothing known", facts = { document = { document_code = "", issuer = "", nationality = "", age_years = -1,
      days_to_expiry = -1 }, checks = {}, watchlist_result = "unspecified", list_stale = true,
      clock_quality = "unspecified" }, expect = { "refer", "eligibility.list_stale", "list_stale" } },
}
