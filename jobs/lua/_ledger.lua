-- Prepended to every script: the keys, the clock, the fence, and the moves that several scripts make.
--
-- A job is one part of one document. While its document is unfinished it stands in exactly one place, or it is done:
--   fresh   list of a batch        a new document's part 0, never sent. 36 bytes each; in a sorted set it would be 140.
--   due     sorted set of a batch  score: when it may be sent
--   sent    sorted set of a queue  score: when it was sent
--   leased  sorted set of a queue  score: when the lease lapses
-- What a dead worker left is due or sent, and stands also among the orphans of its queue, by when it was brought back:
-- whoever takes a job takes the oldest of these, so that it does not wait behind what was sent before.
-- All times are Redis' own, in ms. Documents are named by 32 raw bytes, half of the hex: they stand here many times.

local P = ARGV[1]
local call = redis.call
local clock = call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

-- For what ends work or makes room. Where its memory is full, Redis refuses a script's first write if that may take any;
-- a script that has written goes on (a flag for this, allow-oom, came with Redis 7).
local function allow_at_full_memory() call('DEL', P .. ':nothing') end

local LEASE_LOST = redis.error_reply('LEASELOST another worker has the job')
local NO_BATCH = redis.error_reply('NOBATCH there is no such batch')

local function key(batch, name) return P .. ':batch:' .. batch .. (name and ':' .. name or '') end
local function live_key(batch, content) return key(batch, 'live:' .. content) end
local function pages_key(batch, content) return key(batch, 'pages:' .. content) end
local function queue_key(queue, name) return P .. ':queue:' .. queue .. ':' .. name end
-- Buckets small enough for Redis' compact encoding: 40 bytes a document instead of 100.
local function holders_key(content)
  local high, low = string.byte(content, 1, 2)
  return P .. ':holders:' .. (high * 16 + math.floor(low / 16))
end

-- How many jobs the fleet works on at once, by the nodes that live.
local SLOTS = P .. ':slots'
local function count_slots()
  local slots, known = 0, call('HVALS', P .. ':nodes')
  for _, raw in ipairs(known) do
    local node = cjson.decode(raw)
    if node.until_ms >= now then slots = slots + node.concurrency end
  end
  call('SET', SLOTS, slots)
end

local function queue_of(batch) return call('HGET', key(batch), 'queue') end
local function job_of(part, content) return part .. '/' .. content end
local function member_of(batch, part, content) return batch .. '/' .. job_of(part, content) end
local function parse_job(job) return job:match('^(%d+)/'), job:sub(-32) end
local function parse_member(member)
  local batch, part = member:match('^([^/]+)/(%d+)/')
  return batch, part, member:sub(-32)
end

local function read_entry(batch, content)
  local raw = call('HGET', key(batch, 'documents'), content)
  return raw and cjson.decode(raw)
end
local function write_entry(batch, content, entry)
  call('HSET', key(batch, 'documents'), content, cjson.encode(entry))
end
local function state_of(entry) return entry.s or 'queued' end
local function is_finished(entry)
  return entry.s == 'done' or entry.s == 'failed' or entry.s == 'cancelled'
end

-- Changes the entry in hand and the batch's counts; the caller writes the entry.
local function move(batch, entry, state)
  call('HINCRBY', key(batch), state_of(entry), -1)
  call('HINCRBY', key(batch), state, 1)
  entry.s = state ~= 'queued' and state or nil
end
-- The audit of a document's figures, counted for its batch: an entry's `x`, in this order.
local AUDIT = {'figures', 'vouched', 'changed', 'flagged', 'sums', 'sums_open'}
local function count_audit(batch, counts, sign)
  local audit = {}
  for at, name in ipairs(AUDIT) do
    audit[name] = counts[at]
    if counts[at] ~= 0 then call('HINCRBY', key(batch), name, sign * counts[at]) end
  end
  if audit.flagged + audit.sums_open > 0 then call('HINCRBY', key(batch), 'to_review', sign) end
end
-- What a document that has ended added to the batch's counts, but for its state.
local function uncount(batch, entry)
  call('HINCRBY', key(batch), 'pages', 0 - (entry.p or 0))
  call('HINCRBY', key(batch), 'pages_done', 0 - (entry.k or 0))
  if entry.t then call('HINCRBY', key(batch), 'truncated', -1) end
  if entry.x then count_audit(batch, entry.x, -1) end
end
local function set_state(batch, content, state)
  local entry = read_entry(batch, content)
  if state_of(entry) ~= state then
    move(batch, entry, state)
    write_entry(batch, content, entry)
  end
end

-- A batch that gets work joins the round as if it had just been served, so that it can't jump the line again and again.
local function activate(batch, queue)
  call('ZADD', queue_key(queue, 'active'), 'NX', call('GET', queue_key(queue, 'turn')) or 0, batch)
end
local function make_due(batch, queue, part, content, at)
  call('ZADD', key(batch, 'due'), at, job_of(part, content))
  activate(batch, queue)
end
local function make_orphan(batch, queue, part, content)
  make_due(batch, queue, part, content, now)
  call('ZADD', queue_key(queue, 'orphans'), now, member_of(batch, part, content))
end
local function make_fresh(batch, queue, content)
  call('RPUSH', key(batch, 'fresh'), content)
  activate(batch, queue)
end

local function pop_due(batch)
  local job = call('ZRANGEBYSCORE', key(batch, 'due'), '-inf', now, 'LIMIT', 0, 1)[1]
  if job then call('ZREM', key(batch, 'due'), job) end
  return job
end
local function pop_fresh(batch)
  local content = call('LPOP', key(batch, 'fresh'))
  return content and job_of(0, content)
end
-- Parts and retries take turns with new documents: one of 500 pages can't block the small ones.
local function pop(batch)
  if call('HINCRBY', key(batch), 'served', 1) % 2 == 0 then return pop_due(batch) or pop_fresh(batch) end
  return pop_fresh(batch) or pop_due(batch)
end
local function has_more(batch)
  return call('EXISTS', key(batch, 'due'), key(batch, 'fresh')) > 0
end

-- Takes the next due job of a batch, which then waits for its next turn. The job stands nowhere: the caller puts it somewhere.
local function serve(queue, batch)
  local active, job = queue_key(queue, 'active'), pop(batch)
  if job then call('ZADD', active, call('INCR', queue_key(queue, 'turn')), batch) end
  if not has_more(batch) then call('ZREM', active, batch) end
  return job
end

local function attempts_of(live)
  local most, fields = 0, call('HGETALL', live)
  for i = 1, #fields, 2 do
    if fields[i]:match('^a%d+$') then most = math.max(most, tonumber(fields[i + 1])) end
  end
  return most
end

-- The fence: a lease holds as long as nobody else was given its job.
local function holds(batch, part, content, token)
  return call('HGET', live_key(batch, content), 't' .. part) == token
end
-- A client that lost the answer asks again: whoever ended its lease by this very verb is not told that it lost it.
local function refuse(token, verb)
  if call('GET', P .. ':ended:' .. token) == verb then return 0 end
  return LEASE_LOST
end
local function remember(token, verb)
  call('SET', P .. ':ended:' .. token, verb, 'PX', 60000)
end

-- Takes the job from its worker. The job then stands nowhere: the caller puts it somewhere.
local function release(batch, queue, part, content)
  local live = live_key(batch, content)
  call('ZREM', queue_key(queue, 'leased'), member_of(batch, part, content))
  call('HDEL', live, 't' .. part)
  if call('HINCRBY', live, 'leases', -1) <= 0 then set_state(batch, content, 'queued') end
end

-- A document is not to blame, and gets the attempt back, if its whole node fell silent with it, or if its worker lives to
-- say that it lost the lease: killed, frozen or cut off by something else. Only so often: a document that takes its
-- node along, or holds up its worker for longer than a lease, each time, must end, too.
local MOST_ACQUITTALS = 10
local function acquit(batch, part, content, token)
  local live = live_key(batch, content)
  if call('HDEL', live, 'lapsed:' .. token) == 1 and call('HINCRBY', live, 'acquitted', 1) <= MOST_ACQUITTALS then
    call('HINCRBY', live, 'a' .. part, -1)
  end
end

-- Whether the node gave no sign after the lease should have been renewed: else its worker process died alone.
local function fell_silent(batch, part, content, lapses_ms, lease_ms)
  local node = call('HGET', P .. ':nodes', call('HGET', live_key(batch, content), 'n' .. part))
  return not node or cjson.decode(node).seen_ms < lapses_ms - lease_ms / 2
end
local function lapse(batch, queue, part, content, is_innocent)
  local live = live_key(batch, content)
  local token = call('HGET', live, 't' .. part)
  local silent = 'No sign of life from ' .. (call('HGET', live, 'n' .. part) or '?') .. ': its process or machine is gone'
  -- The log of an attempt before would mislead: this one left none.
  call('HSET', live, 'lapsed:' .. token, 1, 'log', cjson.encode({silent}))
  if is_innocent then acquit(batch, part, content, token) end
  release(batch, queue, part, content)
end

-- All parts of a document are done with the tools of its first part's node. Which nodes have which tools is known from
-- the documents that they began; a node that never did is asked by and by, since jobs go round.
local TOOLS_KNOWN_S = 7 * 24 * 3600
local function tools_key(pin) return P .. ':tools:' .. cjson.decode(pin).fingerprint end
local function set_pin(live, pin, node)
  call('HSET', live, 'pin', pin)
  call('SADD', tools_key(pin), node)
  call('EXPIRE', tools_key(pin), TOOLS_KNOWN_S)
end
local function somebody_else_has(pin, node)
  call('SREM', tools_key(pin), node) -- it may have had them, before it was set up anew
  for _, node in ipairs(call('SMEMBERS', tools_key(pin))) do
    local known = call('HGET', P .. ':nodes', node)
    if known and cjson.decode(known).until_ms >= now then return true end
  end
  return false
end

-- Ends a document: its state and its facts stay, every trace of its jobs goes.
local function conclude(batch, queue, content, state, facts)
  local live, entry = live_key(batch, content), read_entry(batch, content)
  local pages = tonumber(call('HGET', live, 'pages') or 0)
  local pages_done = call('BITCOUNT', pages_key(batch, content))
  for part = 0, tonumber(call('HGET', live, 'parts') or 1) - 1 do
    call('ZREM', key(batch, 'due'), job_of(part, content))
    call('ZREM', queue_key(queue, 'sent'), member_of(batch, part, content))
    call('ZREM', queue_key(queue, 'leased'), member_of(batch, part, content))
    call('ZREM', queue_key(queue, 'orphans'), member_of(batch, part, content))
  end
  if state == 'done' then -- a result that was there before has pages that nobody counted
    call('HINCRBY', key(batch), 'pages', facts.pages - pages)
    call('HINCRBY', key(batch), 'pages_done', facts.pages - pages_done)
    pages, pages_done = facts.pages, facts.pages
  end
  if pages > 0 then entry.p, entry.k = pages, pages_done end
  local attempts = math.max(attempts_of(live), facts.attempts or 0) -- none are known of a ledger that is rebuilt
  if attempts > 0 then entry.a = attempts end
  local node = call('HGET', live, 'node') or facts.node
  entry.w = node ~= '' and node or nil
  entry.f = facts.fingerprint ~= '' and facts.fingerprint or nil
  entry.r = facts.reason ~= '' and facts.reason or nil
  entry.t = facts.truncated and 1 or nil
  entry.l = facts.log and #facts.log > 0 and facts.log or nil
  if entry.t then call('HINCRBY', key(batch), 'truncated', 1) end
  if facts.audit and facts.audit.figures > 0 then
    entry.x = {}
    for at, name in ipairs(AUDIT) do entry.x[at] = facts.audit[name] end
    count_audit(batch, entry.x, 1)
  end
  call('DEL', live, pages_key(batch, content))
  move(batch, entry, state)
  write_entry(batch, content, entry)
  call('HSET', key(batch), 'ended', now)
  if state == 'failed' then call('ZADD', key(batch, 'failed'), now, content) end
end

-- The ledger alone decides how a document ends; the store keeps a copy, so that a lost ledger can be rebuilt. Until it
-- is there the document stands here, and whoever reconciles after `from` (ms) brings it there.
local UNTOLD = P .. ':untold'
local function document_of(batch, content) return batch .. '/' .. content end
local function leave_untold(batch, content, from) call('ZADD', UNTOLD, from, document_of(batch, content)) end

-- The ledger's own verdict, which no worker will tell the store.
local function condemn(batch, queue, content, reason)
  local log = call('HGET', live_key(batch, content), 'log')
  conclude(batch, queue, content, 'failed', {fingerprint = '', reason = reason, log = log and cjson.decode(log)})
  leave_untold(batch, content, now)
end
local function killed_reason(attempts)
  return 'WorkerKilled: the document took its worker process with it, ' .. attempts .. ' times. '
    .. 'Look at it, then: ocrfleet retry BATCH'
end

-- What a lease tells its worker: of which job, and its facts.
local function lease_facts(member)
  local batch, part, content = parse_member(member)
  local entry, live = read_entry(batch, content), live_key(batch, content)
  local field = call('HMGET', live, 'a' .. part, 'pages', 'parts', 'pin')
  return {member, {
    queue_of(batch), call('HGET', key(batch), 'recipe'), entry.m, entry.z,
    tonumber(field[1]), tonumber(field[2] or 0), tonumber(field[3] or 1),
    call('HEXISTS', live, 'f' .. part), -- done before: what is left of it is to assemble
    field[4] or '',
  }}
end

-- Leases a job that stands nowhere. False: it was given up after too many attempts.
-- The attempt is counted before the document is touched: one that kills its worker has been counted.
local function lease(batch, queue, part, content, token, node, lease_ms, most)
  local live = live_key(batch, content)
  local attempts = tonumber(call('HGET', live, 'a' .. part) or 0)
  if attempts >= tonumber(most) then
    condemn(batch, queue, content, killed_reason(attempts))
    return false
  end
  call('HINCRBY', live, 'a' .. part, 1)
  call('HINCRBY', live, 'leases', 1)
  call('HSET', live, 't' .. part, token, 'n' .. part, node, 'node', node)
  call('ZADD', queue_key(queue, 'leased'), now + lease_ms, member_of(batch, part, content))
  call('ZREM', queue_key(queue, 'orphans'), member_of(batch, part, content))
  set_state(batch, content, 'running')
  return true
end
local function lease_orphan(queue, token, node, lease_ms, most)
  local orphans = queue_key(queue, 'orphans')
  local member = call('ZRANGE', orphans, 0, 0)[1]
  while member do
    local batch, part, content = parse_member(member)
    call('ZREM', orphans, member)
    -- Neither sent nor due: a worker of an older ocrfleet, which knows no orphans, has taken it, or ended it.
    local waits = call('ZREM', queue_key(queue, 'sent'), member) + call('ZREM', key(batch, 'due'), job_of(part, content))
    if waits > 0 and lease(batch, queue, part, content, token, node, lease_ms, most) then return member end
    member = call('ZRANGE', orphans, 0, 0)[1]
  end
end

-- A worker that asks for any job names none, so that what it got is kept for when its answer is lost and it asks again.
local function asked_before(token)
  local member = call('GET', P .. ':ended:' .. token)
  local batch, part, content = parse_member(member or '')
  return batch and holds(batch, part, content, token) and member
end
