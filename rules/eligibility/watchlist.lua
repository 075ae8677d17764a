-- SPDX-License-Identifier: Apache-2.0
-- A match stops the traveller until an officer has looked; a list that is old or was not searched refers.
return function(crossing)
  if #crossing.matches > 0 then
    return "stop", "eligibility.list_match", "database_hit"
  end
  if crossing.list_stale or crossing.watchlist_result ~= "successful" then
    return "refer", "eligibility.list_stale", "list_stale"
  end
end
