-- What is around the line in a simulated run: keys and what was done to the parts, screens, paper. Loaded by
-- tuidan.lua; each reader adds to the tree and gives the words for the info column.

-- `of`: f (fields), notes, printed (the field of paper), track (masks a swiped one)
return function(of)

local f, notes, printed, track = of.f, of.notes, of.printed, of.track

local function spoken(tvb, pinfo, tree)
  local text = tvb():raw()
  local line = text:match("^read (.*)$")
  if line then text = "read " .. track((line:gsub("^;", "")), 1) end
  tree:add(f.event, tvb(), text)
  return text
end

local function screen(tvb, pinfo, tree)
  local told, rows = notes(), {}
  for row = 1, 4 do
    local text = told["row" .. row]
    if text then
      tree:add(f.row, tvb(), text)
      rows[#rows + 1] = text
    end
  end
  if tvb:len() == 1024 then
    local picture = tree:add(f.picture, tvb(), "128 x 64 dots")
    local SHADES = { [0] = " ", "▀", "▄", "█" }
    for y = 0, 62, 2 do
      local line = {}
      for x = 0, 127 do
        local byte = tvb(math.floor(y / 8) * 128 + x, 1):uint()
        line[x + 1] = SHADES[bit32.band(bit32.rshift(byte, y % 8), 3)]
      end
      picture:add(tvb(math.floor(y / 8) * 128, 128), table.concat(line))
    end
  end
  return table.concat(rows, " | ")
end

-- ESC/POS commands that the driver sends: bytes -> arguments that follow
local COMMANDS = { ["\16\4\2"] = 0, ["\16\4\3"] = 0, ["\16\4\4"] = 0, ["\27@"] = 0, ["\27a"] = 1,
  ["\27E"] = 1, ["\27d"] = 1, ["\29!"] = 1, ["\29VB"] = 1, ["\28&"] = 0, ["\28."] = 0 }

local function paper(tvb, pinfo, tree)
  local data, at, begin, lines = tvb():raw(), 1, nil, {}
  local function ended(last)
    if begin then
      local range = tvb(begin - 1, last - begin)
      -- TvbRange:string() of Wireshark 4.0 cuts what grows longer in UTF-8: the field does not.
      tree:add_packet_field(f.paper, range, ENC_GB18030)
      local found = { printed() }
      lines[#lines + 1] = found[#found] and found[#found].value or ""
      begin = nil
    end
  end
  while at <= #data do
    local used
    for size = 2, 3 do
      local arguments = COMMANDS[data:sub(at, at + size - 1)]
      if arguments then used = size + arguments end
    end
    if used or data:byte(at) < 0x20 then
      ended(at)
      if data:byte(at) == 0x0A then lines[#lines + 1] = " | " end
      at = at + (used or 1)
    else
      begin = begin or at
      at = at + (data:byte(at) > 0x80 and 2 or 1)
    end
  end
  ended(#data + 1)
  return table.concat(lines)
end

return { spoken = spoken, screen = screen, paper = paper }
end
