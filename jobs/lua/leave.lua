-- node.
call('HDEL', P .. ':nodes', ARGV[2])
count_slots()
return 1
