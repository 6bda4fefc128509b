-- One packet, from its TPDU on: masks, fields, what is inside F60 to F62, the MAC. Loaded by tuidan.lua,
-- which hands over its preferences, fields and marks; nothing secret is written without `reveal`.

local BITMAP_AT, FIELDS_AT, MAC_FIELD = 13, 21, 64
local SECRET = { [14] = true, [52] = true, [55] = true }   -- shown not at all
local SECRET_TAGS = { DF14 = true, DF15 = true }           -- a payment code, a master key

-- `of`: dialect, mac, prefs, f (fields), notes, refused, noise, bad_check (marks), algorithms
return function(of)

local dialect, mac, prefs, f = of.dialect, of.mac, of.prefs, of.f

local function unhex(text)
  return (text:gsub("%X", ""):gsub("%x%x", function(two) return string.char(tonumber(two, 16)) end))
end

local function hex(range) return range:bytes():tohex() end

-- masks

local function card(number)
  if prefs.reveal or dialect.test_cards[number] then return number end
  if #number < 11 then return ("*"):rep(#number) end
  return number:sub(1, 6) .. ("*"):rep(#number - 10) .. number:sub(-4)
end

local function track(text, first)
  if prefs.reveal then return text end
  local number = text:sub(first):match("^(%d+)=")
  if not number then return ("*"):rep(#text) end
  local rest = first + #number + 1
  return text:sub(1, first - 1) .. card(number) .. "=" .. ("*"):rep(#text - rest + 1)
end

local function shown(number, text)
  if number == 2 then return card(text) end
  if number == 35 then return track(text, 1) end
  if number == 36 then return track(text, 3) end
  if SECRET[number] and not (prefs.reveal and number == 14) then return ("*"):rep(#text) end
  return text
end

-- values

-- Words to put behind a field's value.
local function meaning(number, text)
  if number == 4 then return string.format(" (%.2f yuan)", tonumber(text) / 100) end
  local names = ({ [3] = dialect.processing, [39] = dialect.codes })[number]
  return names and " (" .. (names[text] or "unknown") .. ")" or ""
end

-- (text, nil) of a field's bytes, or (nil, why not)
local function value(range, row, count)
  if row.kind == "b" then return hex(range) end
  if row.kind == "a" then
    local text = range:raw()
    if text:find("[^\32-\126]") then return nil, "not printable ASCII" end
    return text
  end
  local digits = hex(range)
  if row.kind == "z" then digits = digits:gsub("D", "=") end
  if count % 2 == 1 then
    local pad = row.side == "L" and digits:sub(1, 1) or digits:sub(-1)
    if pad ~= "0" then return nil, "the pad nibble is not zero" end
    digits = row.side == "L" and digits:sub(2) or digits:sub(1, count)
  end
  if digits:find(row.kind == "z" and "[^%d=]" or "%D") then return nil, "not a decimal digit" end
  return digits
end

-- parts inside F60, F61 and F62

local GROUPS = {
  [60] = { { "type", 2, dialect.types }, { "batch", 6 }, { "network code", 3, dialect.networks } },
  [61] = { { "original batch", 6 }, { "original STAN", 6 }, { "original date", 4 } },
}

local function groups(tree, range, number, digits)
  local at = 1
  for _, group in ipairs(GROUPS[number]) do
    local name, count, names = group[1], group[2], group[3]
    local part = digits:sub(at, at + count - 1)
    if #part < count then return end
    local first = math.floor((at - 1) / 2)
    local size = math.floor((at + count) / 2) - first
    local text = part .. (names and names[part] and " (" .. names[part] .. ")" or "")
    tree:add(f.group, range(first, size), text):set_text(name .. ": " .. text)
    at = at + count
  end
end

local KEYS = { "PIK", "MAK", "TDK" }

local function tag_text(tag, kind, range)
  if kind == "u" then return range:string(ENC_UTF_8) end
  if kind == "a" then return range:raw() end
  local text = hex(range)
  if tag == "DF04" or tag == "DF05" then return text, meaning(4, text) end
  if tag == "DF08" then return text, " (" .. (dialect.states[text] or "unknown") .. ")" end
  return text
end

local function tags(tree, range, mti)
  local at, size = 0, range:len()
  if mti == "0800" then return end
  if mti == "0810" then
    while at + 20 <= size and at < 60 and (at < 40 or hex(range(at, 2)) ~= "DF0F") do
      local name = KEYS[at / 20 + 1]
      tree:add(f.key, range(at, 20), name):append_text(" under the TMK, then its check value")
      at = at + 20
    end
  end
  while at + 3 <= size do
    local tag, count = hex(range(at, 2)), range(at + 2, 1):uint()
    local row = dialect.tags[tag]
    if not row or at + 3 + count > size then break end
    local text, words = "", nil
    if SECRET_TAGS[tag] and not prefs.reveal then text = ("*"):rep(count)
    elseif count > 0 then text, words = tag_text(tag, row.kind, range(at + 3, count)) end
    tree:add(f[tag], range(at, 3 + count), text):append_text(words or "")
    at = at + 3 + count
  end
  if at < size then tree:add(range(at), "Bytes that are no tag of the dialect") end
end

-- the MAC

local opened = {}   -- { frame number, MAK } of every 0810 that opens under the TMK, in order

local function mak_at(number)
  local found = unhex(prefs.mak)
  for _, one in ipairs(opened) do
    if one[1] <= number then found = one[2] end
  end
  return (#found == 8 or #found == 16) and found or nil
end

local function learn(number, fields)
  local tmk = unhex(prefs.tmk)
  if #tmk ~= 16 or fields[39] ~= "00" or not fields[62] then return end
  local mak = mac.opened(unhex(fields[62]), tmk)
  if not mak then return end
  for _, one in ipairs(opened) do
    if one[1] == number then return end
  end
  opened[#opened + 1] = { number, mak }
  table.sort(opened, function(one, other) return one[1] < other[1] end)
end

local function check_mac(tree, packet, pinfo, fields)
  local size = packet:len()
  local range = packet(size - 8, 8)
  local name = of.algorithms[prefs.algorithm][2]
  local key, state = mak_at(pinfo.number), nil
  if key then
    local made = mac.compute(name, packet(11, size - 19):raw(), key)
    if made then state = made == range:raw() and "valid" or "invalid" end
  end
  local told = of.notes().mac
  local from = state and "computed, " .. name or told and "as the capture says" or
    key and name .. " is not computed here" or "no key"
  state = state or told or "unchecked"
  local item = tree:add(f.mac_state, range, state)
  item:append_text(" (" .. from .. ")")
  if state == "invalid" then item:add_proto_expert_info(of.bad_check, "The MAC is wrong") end
end

-- a packet from its TPDU on

local function title(mti, fields)
  local f60 = fields[60] or ""
  for _, row in ipairs(dialect.messages) do
    if (row.mti == mti or row.reply == mti) and row.kind == f60:sub(1, 2)
      and (row.f3 == "" or row.f3 == fields[3])
      and (row.networks == "" or ("," .. row.networks .. ","):find("," .. f60:sub(9, 11) .. ",", 1, true))
    then
      return row.mti == mti and row.name .. " request" or "reply to " .. row.name
    end
  end
  return "message of no known kind"
end

local function refuse(tree, name, at, reason)
  tree:add_proto_expert_info(of.refused, string.format("%s: %s at byte %d", name, reason, at))
  return string.format("refused: %s: %s", name, reason)
end

-- What a damaged frame holds is nobody's mistake.
local function refuse_damaged(tree, name, at, reason)
  tree:add_proto_expert_info(of.noise, string.format("%s: %s at byte %d", name, reason, at))
  return "damaged"
end

-- Reads one field; where the next begins, or nil and why not.
local function field(tree, packet, at, number, fields, mti)
  local row = dialect.fields[number]
  if not row then return nil, "the dialect defines no such field" end
  local begin, count, size = at, row.limit, packet:len()
  if row.prefix > 0 then
    if at + row.prefix > size then return nil, "its length is cut off" end
    local digits = hex(packet(at, row.prefix))
    if digits:find("%D") then return nil, "its length is no BCD number" end
    count, at = tonumber(digits), at + row.prefix
    if count > row.limit then return nil, "its length " .. count .. " exceeds " .. row.limit end
  end
  local width = (row.kind == "n" or row.kind == "z") and math.floor((count + 1) / 2) or count
  if at + width > size then return nil, (at + width - size) .. " bytes are missing" end
  local text, why = "", nil
  if width > 0 then
    text, why = value(packet(at, width), row, count)
    if not text then return nil, why end
  end
  fields[number] = text
  local item = tree:add(f["f" .. number], packet(begin, at + width - begin), shown(number, text))
  item:append_text(meaning(number, text))
  if width > 0 then
    if GROUPS[number] then groups(item, packet(at, width), number, text) end
    if number == 62 then tags(item, packet(at, width), mti) end
  end
  return at + width
end

-- Words on the packet for the info column.
local function dissect_packet(packet, pinfo, tree, damaged)
  local size, refuse = packet:len(), damaged and refuse_damaged or refuse
  if size < FIELDS_AT then return refuse(tree, "packet", size, "cut before its fields") end
  if packet(0, 1):uint() ~= 0x60 then return refuse(tree, "TPDU", 0, "the first byte is not 60") end
  local tpdu, mti = hex(packet(0, 5)), hex(packet(11, 2))
  tree:add(f.tpdu, packet(0, 5), tpdu):append_text(" (to " .. tpdu:sub(3, 6) .. ", from " .. tpdu:sub(7) .. ")")
  tree:add(f.header, packet(5, 6), hex(packet(5, 6)))
  tree:add(f.mti, packet(11, 2), mti)
  local bits = packet(BITMAP_AT, 8)
  tree:add(f.bitmap, bits, hex(bits))
  local fields, at, why = {}, FIELDS_AT, nil
  for number = 1, 64 do
    if bit32.band(packet(BITMAP_AT + math.floor((number - 1) / 8), 1):uint(),
      bit32.rshift(0x80, (number - 1) % 8)) ~= 0 then
      local from = at
      at, why = field(tree, packet, at, number, fields, mti)
      if not at then return mti .. " " .. refuse(tree, "F" .. number, from, why) end
    end
  end
  if at < size then return mti .. " " .. refuse(tree, "trailing", at, size - at .. " bytes too many") end
  local words = title(mti, fields)
  tree:add(f.message, packet(11, 2), words):set_generated()
  if mti == "0810" then learn(pinfo.number, fields) end
  if fields[MAC_FIELD] then check_mac(tree, packet, pinfo, fields) end
  local info = mti .. " " .. words
  if fields[11] then info = info .. ", STAN " .. fields[11] end
  if fields[4] then info = info .. "," .. meaning(4, fields[4]):gsub("[()]", "") end
  if fields[39] then info = info .. ", " .. fields[39] .. meaning(39, fields[39]) end
  return info
end

return { dissect = dissect_packet, hex = hex, track = track, restart = function() opened = {} end }
end
