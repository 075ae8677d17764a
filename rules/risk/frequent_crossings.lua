-- SPDX-License-Identifier: Apache-2.0
-- Many entries within a short time. Without a history nothing can be said, and nothing is: eligibility refers for that.
return function(crossing)
  if crossing.history_result ~= "successful" then
    return
  end
  local count = 0
  for _, one in ipairs(crossing.stays) do
    local ago = date.days(one.entry_date, crossing.reference_date)
    if ago == nil then
      return "refer", "risk.history_unclear", "ineligible"
    end
    if ago >= 0 and ago < pack.window_days then
      count = count + 1
    end
  end
  if count >= pack.entries_in_window then
    return "refer", "risk.frequent_crossings", "ineligible", count, pack.window_days
  end
end
