-- SPDX-License-Identifier: Apache-2.0
-- A crossing that every rule lets pass: a citizen of the lane's State. The cases of every rule change what they test.
return {
  direction = "entry",
  document = {
    format = "td3", document_code = "P", issuer = "NOR", nationality = "NOR", age_years = 40, days_to_expiry = 1000,
  },
  checks = {
    { name = "mrz.check_digit.document_number", result = "successful", field = "number" },
    { name = "document.validity", result = "successful", field = "expiry_date" },
  },
  chip_result = "not_performed",
  chip_checks = {},
  watchlist_result = "successful",
  list_stale = false,
  history_result = "not_performed",
  permits_result = "not_performed",
  authorisation_result = "not_performed",
  bans_result = "not_performed",
  reference_date = { year = 2026, month = 6, day = 30 },
  clock_quality = "synchronised",
  lane = "lane-1",
}
