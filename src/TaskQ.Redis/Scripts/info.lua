-- What the server says of itself, nil to a user who may not ask. Newer clients send INFO only for administrators; a script may ask.
local info = redis.pcall('INFO')
return type(info) == 'string' and info
