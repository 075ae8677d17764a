-- SPDX-License-Identifier: Apache-2.0
-- An expired document opens nothing by itself, nor one that expires sooner than the State allows.
return function(crossing)
  local days = crossing.document.days_to_expiry
  if days < 0 then
    return "refer", "eligibility.document_expired", "expired_document"
  end
  local own = crossing.document.nationality == pack.own_state
  local needed = own and pack.validity_days.own or pack.validity_days.other
  if days < needed then
    return "refer", "eligibility.document_expires_soon", "expired_document", needed
  end
end
