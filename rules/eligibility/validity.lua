-- SPDX-License-Identifier: Apache-2.0
-- An expired document opens nothing by itself.
return function(crossing)
  if crossing.document.days_to_expiry < 0 then
    return "refer", "eligibility.document_expired", "expired_document"
  end
end
