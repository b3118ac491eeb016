-- Asks for the same page again and again. Arguments: path, file of the body, token ("-": none), what every good answer contains near its end.
local threads = {}

function setup(thread) table.insert(threads, thread) end

function init(arguments)
  acknowledged, refused, refusal = 0, 0, ""
  sign = arguments[4]
  local headers = { ["Content-Type"] = "application/json", ["Accept"] = "application/graphql-response+json" }
  if arguments[3] ~= "-" then headers["Authorization"] = "Bearer " .. arguments[3] end
  local file = assert(io.open(arguments[2], "r"))
  message = wrk.format("POST", arguments[1], headers, file:read("*a"))
  file:close()
end

function request() return message end

function response(status, _, body)
  if status == 200 and string.find(string.sub(body, -200), sign, 1, true) then
    acknowledged = acknowledged + 1
  else
    refused = refused + 1
    if refusal == "" then refusal = status .. " " .. string.sub(body, 1, 300) end
  end
end

function done(summary, latency)
  local good, bad, first = 0, 0, ""
  for _, thread in ipairs(threads) do
    good, bad = good + thread:get("acknowledged"), bad + thread:get("refused")
    if first == "" then first = thread:get("refusal") end
  end
  io.write(string.format(
    "RESULT %d %d %d %d %d %d %s\n", good, bad, summary.duration, latency:percentile(50), latency:percentile(99),
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout, (string.gsub(first, "[\r\n]", " "))))
end
