-- SPDX-License-Identifier: Apache-2.0
-- A document must be valid for some days more. An unknown expiry date counts as long expired.
return function(crossing)
  if crossing.document.days_to_expiry < pack.days then
    return "refer", "example.expires_soon", "expired_document", pack.days
  end
end
