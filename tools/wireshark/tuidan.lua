-- Tuidan's captures in Wireshark: the serial line (USER0), or the same packets over TCP, and the
-- channels of a simulated run: keys (USER1), screen (USER2), paper (USER3), bench (USER4).
-- Names and forms come from tuidan_dialect.lua; cards, tracks and PIN blocks are never shown whole.

local here = __DIR__ and (__DIR__ .. "/") or ""
local dialect = dofile(here .. "tuidan_dialect.lua")
local mac = dofile(here .. "tuidan_mac.lua")

local tuidan = Proto("tuidan", "Tuidan refund terminal")
local WAYS = { [1] = "in", [2] = "out" }
local STX, ETX, ACK, NAK = 0x02, 0x03, 0x06, 0x15
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

local packets = dofile(here .. "tuidan_packet.lua")({
  dialect = dialect, mac = mac, prefs = tuidan.prefs, f = f, notes = notes, refused = refused,
  noise = noise, bad_check = bad_check, algorithms = ALGORITHMS,
})
local around = dofile(here .. "tuidan_around.lua")({
  f = f, notes = notes, printed = printed, track = packets.track,
})
local hex = packets.hex

-- the channels; each gives the words for the info column

local function wire(tvb, pinfo, tree)
  local size = tvb:len()
  local first = tvb(0, 1):uint()
  if size == 1 and (first == ACK or first == NAK) then
    local name = first == ACK and "ACK" or "NAK"
    tree:add(f.control, tvb(0, 1), name)
    return name
  end
  if first == 0x60 then return packets.dissect(tvb(), pinfo, tree) end
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
  local info = packets.dissect(tvb(3, size - 5), pinfo, tree, not good)
  tree:add(tvb(size - 2, 1), "ETX")
  tree:add(f.lrc, last, last:uint())
  local state = tree:add(f.lrc_state, last, good and "good" or "bad")
  if good then return info end
  state:add_proto_expert_info(bad_check, string.format("The LRC is %02X, computed %02X", last:uint(), check))
  return info .. " [bad LRC]"
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
local READERS = { wire, around.spoken, around.screen, around.paper, around.spoken }
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
      if one:len() > 2 then info.cols.info = packets.dissect(one(2), info, item) end
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

function tuidan.init() packets.restart() end
