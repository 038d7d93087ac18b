-- Redis says why it takes no writes.
return call('SET', P .. ':nothing', 1, 'PX', 1)
