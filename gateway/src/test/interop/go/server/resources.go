package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

const png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="

func addResources(server *mcp.Server) {
	text := func(uri, name, text string) {
		server.AddResource(&mcp.Resource{URI: uri, Name: name, MIMEType: "text/plain"}, contents(func(string) *mcp.ResourceContents {
			return &mcp.ResourceContents{MIMEType: "text/plain", Text: text}
		}))
	}
	text("test://static-text", "static text", "This is the content of the static text resource.")
	text("test://watched-resource", "watched", "Watched")
	for n := 1; n <= 300; n++ {
		text(fmt.Sprintf("test://numbered/%d", n), fmt.Sprintf("number %d", n), fmt.Sprint(n))
	}
	image, _ := base64.StdEncoding.DecodeString(png)
	server.AddResource(&mcp.Resource{URI: "test://static-binary", Name: "static binary"}, contents(func(string) *mcp.ResourceContents {
		return &mcp.ResourceContents{MIMEType: "image/png", Blob: image}
	}))
	server.AddResourceTemplate(&mcp.ResourceTemplate{URITemplate: "test://template/{id}/data", Name: "template"}, contents(func(uri string) *mcp.ResourceContents {
		return &mcp.ResourceContents{MIMEType: "application/json", Text: fmt.Sprintf(`{"id":%q}`, strings.Split(uri, "/")[3])}
	}))
}

func contents(of func(uri string) *mcp.ResourceContents) mcp.ResourceHandler {
	return func(_ context.Context, req *mcp.ReadResourceRequest) (*mcp.ReadResourceResult, error) {
		found := of(req.Params.URI)
		found.URI = req.Params.URI
		return &mcp.ReadResourceResult{Contents: []*mcp.ResourceContents{found}}, nil
	}
}

func addPrompts(server *mcp.Server) {
	server.AddPrompt(&mcp.Prompt{Name: "test_simple_prompt"}, says(func(map[string]string) string {
		return "This is a simple prompt for testing."
	}))
	arguments := []*mcp.PromptArgument{{Name: "arg1", Required: true}, {Name: "arg2", Required: true}}
	server.AddPrompt(&mcp.Prompt{Name: "test_prompt_with_arguments", Arguments: arguments}, says(func(words map[string]string) string {
		return fmt.Sprintf("Prompt with arguments: arg1='%s', arg2='%s'", words["arg1"], words["arg2"])
	}))
}

func says(text func(map[string]string) string) mcp.PromptHandler {
	return func(_ context.Context, req *mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
		message := &mcp.PromptMessage{Role: "user", Content: &mcp.TextContent{Text: text(req.Params.Arguments)}}
		return &mcp.GetPromptResult{Messages: []*mcp.PromptMessage{message}}, nil
	}
}

func complete(_ context.Context, req *mcp.CompleteRequest) (*mcp.CompleteResult, error) {
	found := []string{}
	for _, word := range []string{"paris", "park", "party"} {
		if strings.HasPrefix(word, req.Params.Argument.Value) {
			found = append(found, word)
		}
	}
	return &mcp.CompleteResult{Completion: mcp.CompletionResultDetails{Values: found}}, nil
}

func subscribe(context.Context, *mcp.SubscribeRequest) error { return nil }

func unsubscribe(context.Context, *mcp.UnsubscribeRequest) error { return nil }
