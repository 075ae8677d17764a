-- SPDX-License-Identifier: Apache-2.0
local match = { entry_id = "D1", list_id = "demo", basis = "document_number", score_permille = 1000 }
local hit = { "stop", "eligibility.list_match", "database_hit" }
local stale = { "refer", "eligibility.list_stale", "list_stale" }
return {
  { name = "searched, nothing found", facts = {}, expect = "clear" },
  { name = "match", facts = { matches = { match } }, expect = hit },
  { name = "match on a stale list still stops", facts = { matches = { match }, list_stale = true }, expect = hit },
  { name = "stale", facts = { list_stale = true }, expect = stale },
  { name = "not searched", facts = { watchlist_result = "undetermined" }, expect = stale },
  { name = "not performed", facts = { watchlist_result = "not_performed" }, expect = stale },
  { name = "result not said", facts = { watchlist_result = "unspecified" }, expect = stale },
}
