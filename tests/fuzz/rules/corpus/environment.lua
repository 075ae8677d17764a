local t = type
_ENV = { type = t }
return function(c) if t(_ENV) == "table" then return "refer", "a", "minor" end end