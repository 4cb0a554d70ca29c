// A rival's server, as its package has it: `server.mjs hocuspocus <port>` or `server.mjs y-websocket <port>`.

const [kind, port] = process.argv.slice(2)
if (kind === 'hocuspocus') {
  const { Server } = await import('@hocuspocus/server')
  const server = new Server({ port: Number(port), address: '127.0.0.1', quiet: true, stopOnSignals: false })
  await server.listen()
} else {
  const { createServer } = await import('node:http')
  const { WebSocketServer } = await import('ws')
  const { setupWSConnection } = await import('@y/websocket-server/utils')
  const http = createServer()
  new WebSocketServer({ server: http }).on('connection', setupWSConnection)
  await new Promise((ready) => http.listen(Number(port), '127.0.0.1', ready))
}
console.log('ready')
