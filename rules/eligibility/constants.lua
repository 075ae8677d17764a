-- SPDX-License-Identifier: Apache-2.0
-- What a State sets: its own code, ages, documents and nationalities. The values here are those of the demonstration.
return {
  own_state = "NOR",
  minimum_age_years = 18,
  document_codes = { "P", "PP", "PD", "PO", "PS", "ID", "AC" },
  free_movement = { "AUT", "BEL", "BGR", "CHE", "CYP", "CZE", "D", "DNK", "ESP", "EST", "FIN", "FRA", "GRC", "HRV", "HUN",
    "IRL", "ISL", "ITA", "LIE", "LTU", "LUX", "LVA", "MLT", "NLD", "NOR", "POL", "PRT", "ROU", "SVK", "SVN", "SWE" },
  visa_free = { "USA", "BRA", "JPN", "KEN", "IND", "TUR", "NGA", "VNM", "GBR", "CAN" },
  stay_limit_days = 90,
}
