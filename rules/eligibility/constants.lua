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
  visa_free = { "USA", "BRA", "JPN", "KEN", "IND", "TUR", "NGA", "VNM", "GBR", "CAN", "MEX", "XOM" },
  stay_limit_days = 90,
  -- Where an agreement gives the nationals of a State more days in the 180, less than 180.
  bilateral_limit_days = { XOM = 120 },
  -- States whose documents the lane takes with a visa or permit, and the kinds that it takes.
  permit_issuers = { "RKS" },
  permit_kinds = { "short_stay_visa", "long_stay_visa", "residence" },
  -- Visa-free nationals who must have a travel authorisation.
  authorisation_nationalities = { "MEX", "XOM" },
  -- true: a centre that keeps no entry bans is no reason to let anybody in.
  bans_required = false,
}
