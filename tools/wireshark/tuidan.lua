-- Tuidan's captures in Wireshark: the serial line (USER0), or the same packets over TCP, and the
-- channels of a simulated run: keys (USER1), screen (USER2), paper (USER3), bench (USER4).
-- Names and forms come from tuidan_dialect.lua; cards, tracks and PIN blocks are never shown whole.

local here = __DIR__ and (__DIR__ .. "/") or ""
local dialect = dofile(here .. "tuidan_dialect.lua")
local mac = dofile(here .. "tuidan_mac.lua")

local tuidan = Proto("tuidan", "Tuidan refund terminal")
local WAYS = { [1] = "in", [2] = "out" }
local BITMAP_AT, FIELDS_AT, MAC_FIELD = 13, 21, 64
local STX, ETX, ACK, NAK = 0x02, 0x03, 0x06, 0x15
local SECRET = { [14] = true, [52] = true, [55] = true }   -- shown not at all
local ALGORITHMS = { { 1, "unionpay-ecb", 1 }, { 2, "x9.19", 2 }, { 3, "aes-cmac", 3 }, { 4, "sm4", 4 } }

tuidan.prefs.tcp_port = Pref.uint("TCP port", 0, "Packets with a 2-byte length on this port; 0: none")
tuidan.prefs.algorithm = Pref.enum("MAC", 1, "The MAC in use", ALGORITHMS, false)
tuidan.prefs.mak = Pref.string("MAK", "", "Key of the MACs, 16 or 32 hex digits: of a laboratory only, "
  .. "for Wireshark keeps it in the clear")
tuidan.prefs.tmk = Pref.string("TMK", "", "Master key, 32 hex digits, which opens the MAK of every sign-on: "
  .. "of a laboratory only, for Wireshark keeps it in the clear")
tuidan.prefs.reveal = Pref.bool("Show card data", false, "Card numbers, tracks and expiry in full")

-- what can be filtered by: tuidan.f39 == "51", tuidan.df01, tuidan.mac.state == "invalid"
local f = {
  control = ProtoField.string("tuidan.control", "Control byte"),
  length = ProtoField.uint16("tuidan.length", "Length"),
  lrc = ProtoField.uint8("tuidan.lrc", "LRC", base.HEX),
  lrc_state = ProtoField.string("tuidan.lrc.state", "LRC check"),
  tpdu = ProtoField.string("tuidan.tpdu", "TPDU"),
  header = ProtoField.string("tuidan.header", "Header"),
  mti = ProtoField.string("tuidan.mti", "MTI"),
  message = ProtoField.string("tuidan.message", "Message"),
  bitmap = ProtoField.string("tuidan.bitmap", "Bitmap"),
  mac_state = ProtoField.string("tuidan.mac.state", "MAC check"),
  key = ProtoField.string("tuidan.key", "Key"),
  event = ProtoField.string("tuidan.event", "Event"),
  row = ProtoField.string("tuidan.row", "Row"),
  picture = ProtoField.string("tuidan.picture", "Picture"),
  paper = ProtoField.string("tuidan.paper", "Paper"),
  other = ProtoField.bytes("tuidan.other", "Bytes that are no frame"),
  group = ProtoField.string("tuidan.group", "Digits"),
}
for number, row in pairs(dialect.fields) do
  f["f" .. number] = ProtoField.string("tuidan.f" .. number, "F" .. number .. " " .. row.name)
end
for tag, row in pairs(dialect.tags) do
  f[tag] = ProtoField.string("tuidan." .. tag:lower(), tag .. " " .. row.name)
end
tuidan.fields = f

local refused = ProtoExpert.new("tuidan.refused", "Refused", expert.group.MALFORMED, expert.severity.ERROR)
local bad_check = ProtoExpert.new("tuidan.check", "Check", expert.group.CHECKSUM, expert.severity.WARN)
local noise = ProtoExpert.new("tuidan.noise", "Noise", expert.group.PROTOCOL, expert.severity.NOTE)
tuidan.experts = { refused, bad_check, noise }

local direction = Field.new("frame.packet_flags_direction")
local comment = Field.new("frame.comment")
local printed = Field.new("tuidan.paper")

-- {name = text} of the capture's notes on this packet
local function notes()
  local found = {}
  for _, each in ipairs({ comment() }) do
    for name, text in tostring(each.value):gmatch("([%w_]+): ([^\n]*)") do found[name] = text end
  end
  return found
end

local function way()
  local found = direction()
  return found and WAYS[found.value]
end

local function unhex(text)
  return (text:gsub("%X", ""):gsub("%x%x", function(two) return string.char(tonumber(two, 16)) end))
end

local function hex(range) return range:bytes():tohex() end

-- masks

local function card(number)
  if tuidan.prefs.reveal or dialect.test_cards[number] then return number end
  if #number < 11 then return ("*"):rep(#number) end
  return number:sub(1, 6) .. ("*"):rep(#number - 10) .. number:sub(-4)
end

local function track(text, first)
  if tuidan.prefs.reveal then return text end
  local number = text:sub(first):match("^(%d+)=")
  if not number then return ("*"):rep(#text) end
  local rest = first + #number + 1
  return text:sub(1, first - 1) .. card(number) .. "=" .. ("*"):rep(#text - rest + 1)
end

local function shown(number, text)
  if number == 2 then return card(text) end
  if number == 35 then return track(text, 1) end
  if number == 36 then return track(text, 3) end
  if SECRET[number] and not (tuidan.prefs.reveal and number == 14) then return ("*"):rep(#text) end
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
    if count > 0 then text, words = tag_text(tag, row.kind, range(at + 3, count)) end
    tree:add(f[tag], range(at, 3 + count), text):append_text(words or "")
    at = at + 3 + count
  end
  if at < size then tree:add(range(at), "Bytes that are no tag of the dialect") end
end

-- the MAC

local opened = {}   -- { frame number, MAK } of every 0810 that opens under the TMK, in order

local function mak_at(number)
  local found = unhex(tuidan.prefs.mak)
  for _, one in ipairs(opened) do
    if one[1] <= number then found = one[2] end
  end
  return (#found == 8 or #found == 16) and found or nil
end

local function learn(number, fields)
  local tmk = unhex(tuidan.prefs.tmk)
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
  local name = ALGORITHMS[tuidan.prefs.algorithm][2]
  local key, state = mak_at(pinfo.number), nil
  if key then
    local made = mac.compute(name, packet(11, size - 19):raw(), key)
    if made then state = made == range:raw() and "valid" or "invalid" end
  end
  local told = notes().mac
  local from = state and "computed, " .. name or told and "as the capture says" or
    key and name .. " is not computed here" or "no key"
  state = state or told or "unchecked"
  local item = tree:add(f.mac_state, range, state)
  item:append_text(" (" .. from .. ")")
  if state == "invalid" then item:add_proto_expert_info(bad_check, "The MAC is wrong") end
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
  tree:add_proto_expert_info(refused, string.format("%s: %s at byte %d", name, reason, at))
  return string.format("refused: %s: %s", name, reason)
end

-- What a damaged frame holds is nobody's mistake.
local function refuse_damaged(tree, name, at, reason)
  tree:add_proto_expert_info(noise, string.format("%s: %s at byte %d", name, reason, at))
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

-- the channels; each gives the words for the info column

local function wire(tvb, pinfo, tree)
  local size = tvb:len()
  local first = tvb(0, 1):uint()
  if size == 1 and (first == ACK or first == NAK) then
    local name = first == ACK and "ACK" or "NAK"
    tree:add(f.control, tvb(0, 1), name)
    return name
  end
  if first == 0x60 then return dissect_packet(tvb(), pinfo, tree) end
  local length = size >= 5 and hex(tvb(1, 2)) or ""
  if first ~= STX or not length:match("^%d%d%d%d$") or tonumber(length) ~= size - 5
    or tvb(size - 2, 1):uint() ~= ETX then
    tree:add(f.other, tvb()):add_proto_expert_info(noise, "Bytes that are no frame")
    return size .. (size == 1 and " byte that is" or " bytes that are") .. " no frame"
  end
  tree:add(tvb(0, 1), "STX")
  tree:add(f.length, tvb(1, 2), tonumber(length))
  local check = 0
  for at = 1, size - 2 do check = bit32.bxor(check, tvb(at, 1):uint()) end
  local last = tvb(size - 1, 1)
  local good = last:uint() == check
  local info = dissect_packet(tvb(3, size - 5), pinfo, tree, not good)
  tree:add(tvb(size - 2, 1), "ETX")
  tree:add(f.lrc, last, last:uint())
  local state = tree:add(f.lrc_state, last, good and "good" or "bad")
  if good then return info end
  state:add_proto_expert_info(bad_check, string.format("The LRC is %02X, computed %02X", last:uint(), check))
  return info .. " [bad LRC]"
end

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

local function channel(name, read)
  return function(tvb, pinfo, tree)
    if tvb:len() == 0 then return 0 end
    local item = tree:add(tuidan, tvb(), "Tuidan, " .. name)
    pinfo.cols.protocol = "Tuidan"
    local heading = name == "wire" and way()
    if heading then
      pinfo.cols.src = heading == "out" and "terminal" or "host"
      pinfo.cols.dst = heading == "out" and "host" or "terminal"
    else
      pinfo.cols.src = name
    end
    pinfo.cols.info = read(tvb, pinfo, item)
    return tvb:len()
  end
end

local CHANNELS = { "wire", "keypad", "screen", "paper", "bench" }
local READERS = { wire, spoken, screen, paper, spoken }
local ENCAPSULATIONS = { wtap.USER0, wtap.USER1, wtap.USER2, wtap.USER3, wtap.USER4 }

tuidan.dissector = channel("wire", wire)
local encapsulations = DissectorTable.get("wtap_encap")
encapsulations:add(ENCAPSULATIONS[1], tuidan)
for at = 2, #CHANNELS do
  local name = CHANNELS[at]
  local one = Proto("tuidan_" .. name, "Tuidan, the " .. name)
  one.dissector = channel(name, READERS[at])
  encapsulations:add(ENCAPSULATIONS[at], one)
end

-- over TCP

local over_tcp = Proto("tuidan_tcp", "Tuidan over TCP")

function over_tcp.dissector(tvb, pinfo, tree)
  dissect_tcp_pdus(tvb, tree, 2, function(one, _, at) return one(at, 2):uint() + 2 end,
    function(one, info, root)
      local item = root:add(tuidan, one(), "Tuidan")
      info.cols.protocol = "Tuidan"
      item:add(f.length, one(0, 2))
      if one:len() > 2 then info.cols.info = dissect_packet(one(2), info, item) end
      return one:len()
    end)
  return tvb:len()
end

local port = 0
function tuidan.prefs_changed()
  local ports = DissectorTable.get("tcp.port")
  if port > 0 then ports:remove(port, over_tcp) end
  port = tuidan.prefs.tcp_port
  if port > 0 then ports:add(port, over_tcp) end
end

function tuidan.init() opened = {} end
