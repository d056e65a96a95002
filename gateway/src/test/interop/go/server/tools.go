package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"interop/peer"
)

type nothing struct{}

type degrees struct {
	Degrees float64 `json:"degrees"`
	Unit    string  `json:"unit"`
}

// tool adds a tool whose result is text, unless it has to ask first.
func tool[In any](server *mcp.Server, name, description string, body func(context.Context, *mcp.CallToolRequest, In) (string, *mcp.CallToolResult, error)) {
	handler := func(ctx context.Context, req *mcp.CallToolRequest, in In) (*mcp.CallToolResult, any, error) {
		text, result, err := body(ctx, req, in)
		if result == nil && err == nil {
			result = &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: text}}}
		}
		return result, nil, err
	}
	mcp.AddTool(server, &mcp.Tool{Name: name, Description: description}, handler)
}

func addTools(server *mcp.Server) {
	type request = *mcp.CallToolRequest
	type result = *mcp.CallToolResult
	type message struct {
		Message string `json:"message"`
	}
	type prompt struct {
		Prompt string `json:"prompt"`
	}
	type pause struct {
		Ms int `json:"ms"`
	}
	type frames struct {
		Frames int `json:"frames"`
		GapMs  int `json:"gapMs"`
	}

	tool(server, "echo", "Says what you said", func(_ context.Context, _ request, in message) (string, result, error) {
		return in.Message, nil, nil
	})
	tool(server, "sleep", "Answers after a while", func(ctx context.Context, _ request, in pause) (string, result, error) {
		select {
		case <-ctx.Done():
			peer.Tell(map[string]string{"cancelled": "sleep"})
			return "", nil, ctx.Err()
		case <-time.After(time.Duration(in.Ms) * time.Millisecond):
			return fmt.Sprintf("slept %d ms", in.Ms), nil, nil
		}
	})
	tool(server, "chatty", "Streams progress", func(ctx context.Context, req request, in frames) (string, result, error) {
		for frame := 1; frame <= in.Frames; frame++ {
			progress(ctx, req, float64(frame), float64(in.Frames))
			time.Sleep(time.Duration(in.GapMs) * time.Millisecond)
		}
		return fmt.Sprintf("%d frames", in.Frames), nil, nil
	})
	tool(server, "test_simple_text", "A line of text", func(context.Context, request, nothing) (string, result, error) {
		return "This is a simple text response for testing.", nil, nil
	})
	tool(server, "test_error_handling", "Always fails", func(context.Context, request, nothing) (string, result, error) {
		return "", nil, errors.New("this tool intentionally returns an error for testing")
	})
	tool(server, "test_tool_with_progress", "Progress 0, 50 and 100", func(ctx context.Context, req request, _ nothing) (string, result, error) {
		for _, step := range []float64{0, 50, 100} {
			progress(ctx, req, step, 100)
			time.Sleep(50 * time.Millisecond)
		}
		return "Done", nil, nil
	})
	tool(server, "test_tool_with_logging", "Logs three lines", func(ctx context.Context, req request, _ nothing) (string, result, error) {
		for _, line := range []string{"Tool execution started", "Tool processing data", "Tool execution completed"} {
			if err := req.Session.Log(ctx, &mcp.LoggingMessageParams{Level: "info", Data: line}); err != nil {
				return "", nil, err
			}
			time.Sleep(50 * time.Millisecond)
		}
		return "Logged", nil, nil
	})

	tool(server, "test_elicitation", "Asks for a name and an address", func(ctx context.Context, req request, in message) (string, result, error) {
		said, pending, err := ask(ctx, req, "form", form(in.Message, "username", "email"))
		content, _ := json.Marshal(said["content"])
		return fmt.Sprintf("User response: action=%v, content=%s", said["action"], content), pending, err
	})
	tool(server, "ask_by_url", "Sends the user to a page", func(ctx context.Context, req request, _ nothing) (string, result, error) {
		page := &mcp.ElicitParams{Mode: "url", Message: "Please sign", URL: "https://pages.example/sign?for=Ada", ElicitationID: "page-1"}
		said, pending, err := ask(ctx, req, "page", page)
		return fmt.Sprint(said["action"]), pending, err
	})
	tool(server, "test_sampling", "Asks the model", func(ctx context.Context, req request, in prompt) (string, result, error) {
		said, pending, err := ask(ctx, req, "answer", sample(in.Prompt))
		if said == nil {
			return "", pending, err
		}
		return "LLM response: " + said.text(), nil, err
	})
	tool(server, "test_roots", "Asks for the roots", func(ctx context.Context, req request, _ nothing) (string, result, error) {
		said, pending, err := ask(ctx, req, "roots", &mcp.ListRootsParams{})
		text := ""
		if list, ok := said["roots"].([]any); ok {
			for _, root := range list {
				text += fmt.Sprint(root.(map[string]any)["uri"])
			}
		}
		return text, pending, err
	})
	tool(server, "ask_twice", "Asks for a name, and then for a colour", func(ctx context.Context, req request, _ nothing) (string, result, error) {
		name, pending, err := ask(ctx, req, "name", form("Which name?", "name"))
		if name == nil {
			return "", pending, err
		}
		colour, pending, err := ask(ctx, req, "colour", form("Which colour?", "colour"))
		if colour == nil {
			return "", pending, err
		}
		return name.field("name") + " likes " + colour.field("colour"), nil, nil
	})
	tool(server, "ask_outside", "Asks on the stream of the session, not on that of the call", func(_ context.Context, req request, _ nothing) (string, result, error) {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		said, err := put(ctx, req.Session, form("Outside?", "name"))
		return said.field("name"), nil, err
	})

	tool(server, "test_reconnection", "Closes the stream of its own call", func(_ context.Context, req request, _ nothing) (string, result, error) {
		if req.Extra != nil && req.Extra.CloseSSEStream != nil {
			req.Extra.CloseSSEStream(mcp.CloseSSEStreamArgs{RetryAfter: 100 * time.Millisecond})
		}
		time.Sleep(200 * time.Millisecond)
		return "Reconnected", nil, nil
	})
	mcp.AddTool(server, &mcp.Tool{Name: "structured", Description: "An object"}, func(context.Context, request, nothing) (result, degrees, error) {
		return nil, degrees{Degrees: 21.5, Unit: "C"}, nil
	})
	content := func(name, description string, block mcp.Content) {
		mcp.AddTool(server, &mcp.Tool{Name: name, Description: description}, func(context.Context, request, nothing) (result, any, error) {
			return &mcp.CallToolResult{Content: []mcp.Content{block}}, nil, nil
		})
	}
	content("link", "A link to a resource", &mcp.ResourceLink{URI: "test://static-text", Name: "static text"})
	content("test_embedded_resource", "A resource in the result", &mcp.EmbeddedResource{
		Resource: &mcp.ResourceContents{URI: "test://embedded-resource", MIMEType: "text/plain", Text: "Embedded"},
	})
	tool(server, "test_trigger_tool_change", "Changes the tools", func(context.Context, request, nothing) (string, result, error) {
		tool(server, "another", "Comes and goes", func(context.Context, request, nothing) (string, result, error) { return "", nil, nil })
		server.RemoveTools("another")
		return "Told", nil, nil
	})
	tool(server, "test_trigger_resource_update", "Says that the watched resource changed", func(ctx context.Context, _ request, _ nothing) (string, result, error) {
		return "Told", nil, server.ResourceUpdated(ctx, &mcp.ResourceUpdatedNotificationParams{URI: "test://watched-resource"})
	})
}

func progress(ctx context.Context, req *mcp.CallToolRequest, done, total float64) {
	token := req.Params.GetProgressToken()
	if token != nil {
		req.Session.NotifyProgress(ctx, &mcp.ProgressNotificationParams{ProgressToken: token, Progress: done, Total: total})
	}
}
