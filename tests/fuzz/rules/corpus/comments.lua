--[==[ crossing.lane ]] ]==] return function(crossing) local s = [[ x ]] .. "\"" .. '\'' -- end
end