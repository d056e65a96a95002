// Server is made with the official Go SDK: the same tools, prompts and resources as the other servers offer, at /mcp.
//
// This SDK serves an endpoint in one way: with sessions, which speaks the older revisions only, or without, which is what its
// users do for 2026-07-28.
package main

import (
	"flag"
	"log/slog"
	"net"
	"net/http"
	"os"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"interop/peer"
)

func main() {
	era := flag.String("era", "legacy", "modern or legacy")
	flag.Parse()
	quiet := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	server := mcp.NewServer(&mcp.Implementation{Name: "headgate-interop-go", Version: "1.0.0"}, &mcp.ServerOptions{
		Logger:             quiet,
		CompletionHandler:  complete,
		SubscribeHandler:   subscribe,
		UnsubscribeHandler: unsubscribe,
	})
	addTools(server)
	addPrompts(server)
	addResources(server)

	handler := mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return server }, &mcp.StreamableHTTPOptions{
		Logger:                       quiet,
		Stateless:                    *era == "modern",
		EventStore:                   mcp.NewMemoryEventStore(nil),
		PropagateRequestCancellation: true,
	})
	http.Handle("/mcp", handler)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	peer.Tell(map[string]int{"port": listener.Addr().(*net.TCPAddr).Port})
	panic(http.Serve(listener, nil))
}
