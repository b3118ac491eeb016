-- Writes a comment per request, each with an id of its own, spread over the conversations.
-- Arguments: path, run (8 hex digits), file of conversation ids, token ("-": none), form (graphql or plain).
local threads = {}

function setup(thread)
  thread:set("number", #threads)
  table.insert(threads, thread)
end

function init(arguments)
  acknowledged, refused, refusal, counter = 0, 0, "", 0
  path, run, form = arguments[1], arguments[2], arguments[5]
  headers = { ["Content-Type"] = "application/json", ["Accept"] = "application/graphql-response+json" }
  if arguments[4] ~= "-" then headers["Authorization"] = "Bearer " .. arguments[4] end
  conversations = {}
  for line in io.lines(arguments[3]) do conversations[#conversations + 1] = line end
end

function request()
  counter = counter + 1
  local id = string.format("%s-0000-7%03x-8000-%012x", run, number, counter)
  local conversation = conversations[(counter * 7 + number * 1009) % #conversations + 1]
  local input = '{"id":"' .. id .. '","conversationId":"' .. conversation
    .. '","body":"Guten Tag, die Belege für Oktober sind vollständig. Wir melden die Umsatzsteuer bis Freitag an. ' .. counter .. '"}'
  if form == "graphql" then
    input = '{"query":"mutation($input: AddCommentInput!) { addComment(input: $input) { comment { id createdAt } errors { code message } } }","variables":{"input":'
      .. input .. '}}'
  end
  return wrk.format("POST", path, headers, input)
end

function response(status, _, body)
  if status == 200 and string.find(body, '"createdAt":"', 1, true) and string.find(body, '"errors":[]', 1, true) then
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
