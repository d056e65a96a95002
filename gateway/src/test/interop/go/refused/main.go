// Refused is a session of the official Go client in which calls are refused. A step is the name of a tool, which is called after
// the one before. & before it: it goes on beside the others, and is told at the end; ~: called until it is served.
package main

import (
	"context"
	"errors"
	"flag"
	"log"
	"strings"
	"sync"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"interop/peer"
)

const (
	patience = 30 * time.Second
	modern   = "2026-07-28"
	legacy   = "2025-11-25"
)

func input(tool string, beside bool) map[string]any {
	switch {
	case strings.HasSuffix(tool, "__fail"):
		return map[string]any{"rate": 1}
	case strings.HasSuffix(tool, "__sleep") && beside:
		return map[string]any{"ms": 3000}
	case strings.HasSuffix(tool, "__sleep"):
		return map[string]any{"ms": 1}
	default:
		return map[string]any{"message": "hello"}
	}
}

func outcome(session *mcp.ClientSession, tool string, beside bool) any {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, err := session.CallTool(ctx, &mcp.CallToolParams{Name: tool, Arguments: input(tool, beside)})
	var answered *jsonrpc.Error
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &answered):
		return answered.Code
	default:
		return err.Error()
	}
}

func served(session *mcp.ClientSession, tool string) any {
	end := time.Now().Add(patience)
	last := outcome(session, tool, false)
	for last != "ok" && time.Now().Before(end) {
		time.Sleep(200 * time.Millisecond)
		last = outcome(session, tool, false)
	}
	return last
}

func main() {
	era := flag.String("era", "legacy", "modern or legacy")
	steps := flag.String("steps", "", "the tools to call")
	flag.Parse()
	version := legacy
	if *era == "modern" {
		version = modern
	}
	client := mcp.NewClient(&mcp.Implementation{Name: "headgate-refused", Version: "1.0.0"}, nil)
	transport := &mcp.StreamableClientTransport{Endpoint: flag.Arg(0)}
	session, err := client.Connect(context.Background(), transport, &mcp.ClientSessionOptions{ProtocolVersion: version})
	if err != nil {
		log.Fatal(err)
	}
	if spoken := session.InitializeResult().ProtocolVersion; spoken != version {
		log.Fatalf("%s is spoken", spoken)
	}
	var beside sync.WaitGroup
	var atTheEnd []map[string]any
	for _, step := range strings.Split(*steps, " ") {
		switch step[0] {
		case '&':
			told := map[string]any{"step": step}
			atTheEnd = append(atTheEnd, told)
			beside.Go(func() { told["outcome"] = outcome(session, step[1:], true) })
		case '~':
			peer.Tell(map[string]any{"step": step, "outcome": served(session, step[1:])})
		default:
			peer.Tell(map[string]any{"step": step, "outcome": outcome(session, step, false)})
		}
	}
	beside.Wait()
	for _, told := range atTheEnd {
		peer.Tell(told)
	}
	session.Close()
}
