-- SPDX-License-Identifier: Apache-2.0
-- Many entries within a short time. Without a history nothing can be said, and nothing is: eligibility refers for that.
return function(crossing)
  if crossing.history_result ~= "successful" then
    return
  end
  local count = stay.entries(crossing.stays, crossing.reference_date, pack.window_days)
  if count == nil then
    return "refer", "risk.history_unclear", "ineligible"
  end
  if count >= pack.entries_in_window then
    return "refer", "risk.frequent_crossings", "ineligible", count, pack.window_days
  end
end
