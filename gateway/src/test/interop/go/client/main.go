// Client is made with the official Go SDK: it runs the checks against one MCP endpoint, and prints one line for each.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"interop/peer"
)

const deadline = 20 * time.Second

var (
	era  = flag.String("era", "modern", "modern or legacy")
	only = flag.String("only", "", "the checks to run, separated by commas")
	skip = flag.String("skip", "", "the checks not to run")
)

// A client with what its callbacks wrote down, and how they answer.
type client struct {
	*mcp.ClientSession
	form, page *mcp.ElicitResult

	mu                     sync.Mutex
	asked, logged, changed []string
	progress               []string
	streams                atomic.Int32
}

func main() {
	url := os.Args[1]
	flag.CommandLine.Parse(os.Args[2:])
	failed := false
	for _, one := range checks {
		wanted := *only == "" || slices.Contains(strings.Split(*only, ","), one.name)
		if !wanted || slices.Contains(strings.Split(*skip, ","), one.name) {
			continue
		}
		started := time.Now()
		err := run(url, one.body)
		line := map[string]any{"check": one.name, "ok": err == nil, "ms": time.Since(started).Milliseconds()}
		if err != nil {
			failed = true
			line["error"] = err.Error()
		}
		peer.Tell(line)
	}
	if failed {
		os.Exit(1)
	}
}

func run(url string, body func(context.Context, *client) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	c, err := connect(ctx, url)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	// A client that waits for its server to end does not hold up the others.
	defer func() {
		closed := make(chan struct{})
		go func() {
			c.Close()
			close(closed)
		}()
		select {
		case <-closed:
		case <-time.After(5 * time.Second):
		}
	}()
	return body(ctx, c)
}

func connect(ctx context.Context, url string) (*client, error) {
	c := &client{form: &mcp.ElicitResult{Action: "cancel"}, page: &mcp.ElicitResult{Action: "cancel"}}
	one := mcp.NewClient(&mcp.Implementation{Name: "headgate-interop-go", Version: "1.0.0"}, &mcp.ClientOptions{
		Logger:               slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
		CreateMessageHandler: c.sampled,
		ElicitationHandler:   c.elicited,
		Capabilities: &mcp.ClientCapabilities{
			RootsV2: &mcp.RootCapabilities{ListChanged: true},
			Elicitation: &mcp.ElicitationCapabilities{
				Form: &mcp.FormElicitationCapabilities{},
				URL:  &mcp.URLElicitationCapabilities{},
			},
		},
		LoggingMessageHandler: func(_ context.Context, req *mcp.LoggingMessageRequest) {
			c.note(&c.logged, fmt.Sprint(req.Params.Data))
		},
		ToolListChangedHandler: func(context.Context, *mcp.ToolListChangedRequest) { c.note(&c.changed, "tools") },
		ResourceUpdatedHandler: func(_ context.Context, req *mcp.ResourceUpdatedNotificationRequest) {
			c.note(&c.changed, req.Params.URI)
		},
		ProgressNotificationHandler: func(_ context.Context, req *mcp.ProgressNotificationClientRequest) {
			c.note(&c.progress, fmt.Sprint(req.Params.Progress, "/", req.Params.Total))
		},
	})
	one.AddRoots(&mcp.Root{URI: "file:///srv/data", Name: "data"})
	one.AddReceivingMiddleware(c.rooted)
	version := "2025-11-25"
	if *era == "modern" {
		version = "2026-07-28"
	}
	transport := &mcp.StreamableClientTransport{Endpoint: url, HTTPClient: &http.Client{Transport: streams{c}}}
	session, err := one.Connect(ctx, transport, &mcp.ClientSessionOptions{ProtocolVersion: version})
	if err != nil {
		return nil, err
	}
	c.ClientSession = session
	if spoken := session.InitializeResult().ProtocolVersion; spoken != version {
		return nil, fmt.Errorf("speaks %s instead of %s", spoken, version)
	}
	return c, nil
}

// streams counts the streams of the session that were opened.
type streams struct{ c *client }

func (s streams) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := http.DefaultTransport.RoundTrip(req)
	if err == nil && req.Method == http.MethodGet && res.StatusCode == http.StatusOK {
		s.c.streams.Add(1)
	}
	return res, err
}

func (c *client) sampled(_ context.Context, req *mcp.CreateMessageRequest) (*mcp.CreateMessageResult, error) {
	text, _ := req.Params.Messages[0].Content.(*mcp.TextContent)
	c.note(&c.asked, text.Text)
	return &mcp.CreateMessageResult{Role: "assistant", Model: "none", Content: &mcp.TextContent{Text: "Paris, said Ada"}}, nil
}

func (c *client) elicited(_ context.Context, req *mcp.ElicitRequest) (*mcp.ElicitResult, error) {
	if req.Params.Mode == "url" {
		c.note(&c.asked, "url "+req.Params.URL)
		return c.page, nil
	}
	c.note(&c.asked, req.Params.Message)
	if c.form.Action != "accept" {
		return c.form, nil
	}
	schema, _ := req.Params.RequestedSchema.(map[string]any)
	properties, _ := schema["properties"].(map[string]any)
	content := map[string]any{}
	for field := range properties {
		content[field] = "Ada"
		if said, ok := c.form.Content[field]; ok {
			content[field] = said
		}
	}
	return &mcp.ElicitResult{Action: "accept", Content: content}, nil
}

// rooted notes that the roots were asked for by a request; asked for by a result, this SDK tells nobody.
func (c *client) rooted(next mcp.MethodHandler) mcp.MethodHandler {
	return func(ctx context.Context, method string, req mcp.Request) (mcp.Result, error) {
		if method == "roots/list" {
			c.note(&c.asked, "roots")
		}
		return next(ctx, method, req)
	}
}

func (c *client) note(notes *[]string, what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	*notes = append(*notes, what)
}

func (c *client) noted(notes *[]string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(*notes)
}

// until waits at most twelve seconds for the condition: lists that change often are read every five seconds.
func until(condition func() bool) bool {
	for end := time.Now().Add(12 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if condition() {
			return true
		}
	}
	return false
}
