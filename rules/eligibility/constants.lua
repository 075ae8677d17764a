-- SPDX-License-Identifier: Apache-2.0
-- What a State sets: its own code, ages, documents and nationalities. The values here are those of the demonstration; the
-- list of nationals who need no visa in particular is not any State's.
return {
  own_state = "NOR",
  minimum_age_years = 18,
  -- A document must be valid for this many days more; 0: its printed last day is still good.
  validity_days = { own = 0, other = 0 },
  document_codes = { "P", "PP", "PD", "PO", "PS", "ID", "I", "AC" },
  -- Citizens under free movement: no limit of stay.
  free_movement = { "AUT", "BEL", "BGR", "CHE", "CYP", "CZE", "D", "DNK", "ESP", "EST", "FIN", "FRA", "GRC", "HRV", "HUN",
    "IRL", "ISL", "ITA", "LIE", "LTU", "LUX", "LVA", "MLT", "NLD", "NOR", "POL", "PRT", "ROU", "SVK", "SVN", "SWE" },
  visa_free = { "USA", "BRA", "JPN", "KEN", "IND", "TUR", "NGA", "VNM", "GBR", "CAN" },
  stay_limit_days = 90,
}
