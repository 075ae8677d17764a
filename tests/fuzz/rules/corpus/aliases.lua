local function f(c) return c end
return function(crossing)
  local d = crossing.document
  local s = crossing.stays[#crossing.stays]
  for i, c in ipairs(crossing.checks) do local r = c.result end
  if s.entry_date.year == 2026 and f(d).age_years > 3 then return "refer", "x.y", "overstay", stay.used(crossing.stays, crossing.reference_date) end
end
