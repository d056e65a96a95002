package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// What a client expects of the fixture, whichever era it speaks; the same names as in checks.mjs.

type check struct {
	name string
	body func(context.Context, *client) error
}

var checks = []check{
	{"connect", func(_ context.Context, c *client) error {
		begun := c.InitializeResult()
		caps := begun.Capabilities
		return that(begun.ServerInfo.Name != "" && caps.Tools != nil && caps.Prompts != nil && caps.Resources != nil &&
			caps.Completions != nil, "%+v", begun)
	}},
	{"ping", func(ctx context.Context, c *client) error { return c.Ping(ctx, nil) }},
	{"listTools", func(ctx context.Context, c *client) error {
		var names []string
		for tool, err := range c.Tools(ctx, nil) {
			if err != nil {
				return err
			}
			names = append(names, tool.Name)
		}
		slices.Sort(names)
		return that(slices.Contains(names, "echo") && slices.Contains(names, "test_simple_text") &&
			len(slices.Compact(slices.Clone(names))) == len(names), "%v", names)
	}},
	{"call", func(ctx context.Context, c *client) error {
		return c.says(ctx, "test_simple_text", nil, "This is a simple text response for testing.")
	}},
	{"callsSideBySide", func(ctx context.Context, c *client) error {
		var group sync.WaitGroup
		failures := make([]error, 20)
		for n := range failures {
			group.Go(func() {
				message := fmt.Sprintf("side %d by side", n)
				failures[n] = c.says(ctx, "echo", map[string]any{"message": message}, message)
			})
		}
		group.Wait()
		return errors.Join(failures...)
	}},
	{"structured", func(ctx context.Context, c *client) error {
		result, err := c.call(ctx, "structured", nil)
		if err != nil {
			return err
		}
		found, _ := result.StructuredContent.(map[string]any)
		return that(found["degrees"] == 21.5 && found["unit"] == "C", "%v", result.StructuredContent)
	}},
	{"toolError", func(ctx context.Context, c *client) error {
		result, err := c.call(ctx, "test_error_handling", nil)
		return first(err, func() error { return that(result.IsError, "%+v", result) })
	}},
	{"unknownTool", func(ctx context.Context, c *client) error {
		result, err := c.call(ctx, "no_such_tool", nil)
		if err != nil {
			return coded(err, -32602)
		}
		return that(result.IsError, "%+v", result)
	}},
	{"progress", func(ctx context.Context, c *client) error {
		params := &mcp.CallToolParams{Name: "test_tool_with_progress", Meta: mcp.Meta{}}
		params.SetProgressToken("go-1")
		_, err := c.CallTool(ctx, params)
		return first(err, func() error {
			until(func() bool { return len(c.noted(&c.progress)) == 3 })
			seen := c.noted(&c.progress)
			return that(slices.Equal(seen, []string{"0/100", "50/100", "100/100"}), "%v", seen)
		})
	}},
	{"logging", func(ctx context.Context, c *client) error {
		params := &mcp.CallToolParams{Name: "test_tool_with_logging"}
		if *era == "modern" {
			params.Meta = mcp.Meta{mcp.MetaKeyLogLevel: "info"}
		} else if err := c.SetLoggingLevel(ctx, &mcp.SetLoggingLevelParams{Level: "info"}); err != nil {
			return err
		}
		_, err := c.CallTool(ctx, params)
		return first(err, func() error {
			logged := until(func() bool { return len(c.noted(&c.logged)) >= 3 })
			return that(logged && strings.Contains(c.noted(&c.logged)[0], "Tool execution started"), "%v", c.noted(&c.logged))
		})
	}},
	{"cancel", func(ctx context.Context, c *client) error {
		soon, cancel := context.WithTimeout(ctx, 500*time.Millisecond)
		defer cancel()
		if result, err := c.call(soon, "sleep", map[string]any{"ms": 30000}); err == nil {
			return fmt.Errorf("not cancelled: %+v", result)
		}
		return c.says(ctx, "echo", map[string]any{"message": "still here"}, "still here")
	}},
	{"elicitation", func(ctx context.Context, c *client) error {
		c.form = &mcp.ElicitResult{Action: "accept", Content: map[string]any{"email": "a@b.example"}}
		return c.asks(ctx, "test_elicitation", map[string]any{"message": "Who are you?"}, "Ada", "Who are you?")
	}},
	{"declinedElicitation", func(ctx context.Context, c *client) error {
		c.form = &mcp.ElicitResult{Action: "decline"}
		return c.asks(ctx, "test_elicitation", map[string]any{"message": "Who are you?"}, "decline", "Who are you?")
	}},
	{"elicitationByUrl", func(ctx context.Context, c *client) error {
		c.page = &mcp.ElicitResult{Action: "accept"}
		return c.asks(ctx, "ask_by_url", nil, "accept", "url https://pages.example/sign?for=Ada")
	}},
	{"sampling", func(ctx context.Context, c *client) error {
		return c.asks(ctx, "test_sampling", map[string]any{"prompt": "Which capital?"}, "Paris, said Ada", "Which capital?")
	}},
	{"roots", func(ctx context.Context, c *client) error {
		// Asked by a result, this SDK answers without telling its user.
		return c.says(ctx, "test_roots", nil, "file:///srv/data")
	}},
	{"rounds", func(ctx context.Context, c *client) error {
		c.form = &mcp.ElicitResult{Action: "accept", Content: map[string]any{"colour": "green"}}
		return c.asks(ctx, "ask_twice", nil, "Ada likes green", "Which name?", "Which colour?")
	}},
	{"askedOutside", func(ctx context.Context, c *client) error {
		c.form = &mcp.ElicitResult{Action: "accept", Content: map[string]any{}}
		return c.asks(ctx, "ask_outside", nil, "Ada", "Outside?")
	}},
	{"resumption", func(ctx context.Context, c *client) error {
		return c.says(ctx, "test_reconnection", nil, "Reconnected")
	}},
	{"prompts", func(ctx context.Context, c *client) error {
		words := map[string]string{"arg1": "first value", "arg2": "second value"}
		prompt, err := c.GetPrompt(ctx, &mcp.GetPromptParams{Name: "test_prompt_with_arguments", Arguments: words})
		if err != nil {
			return err
		}
		var names []string
		for prompt, err := range c.Prompts(ctx, nil) {
			if err != nil {
				return err
			}
			names = append(names, prompt.Name)
		}
		text, _ := prompt.Messages[0].Content.(*mcp.TextContent)
		return that(slices.Contains(names, "test_simple_prompt") && strings.Contains(text.Text, "second value"), "%v %+v", names, text)
	}},
	{"completion", func(ctx context.Context, c *client) error {
		result, err := c.Complete(ctx, &mcp.CompleteParams{
			Ref:      &mcp.CompleteReference{Type: "ref/prompt", Name: "test_prompt_with_arguments"},
			Argument: mcp.CompleteParamsArgument{Name: "arg1", Value: "par"},
		})
		return first(err, func() error {
			return that(slices.Equal(result.Completion.Values, []string{"paris", "park", "party"}), "%+v", result)
		})
	}},
	{"resources", func(ctx context.Context, c *client) error {
		if err := c.reads(ctx, "test://static-text", "This is the content of the static text resource."); err != nil {
			return err
		}
		binary, err := c.ReadResource(ctx, &mcp.ReadResourceParams{URI: "test://static-binary"})
		return first(err, func() error { return that(string(binary.Contents[0].Blob[1:4]) == "PNG", "%+v", binary.Contents[0]) })
	}},
	{"template", func(ctx context.Context, c *client) error {
		var templates []string
		for template, err := range c.ResourceTemplates(ctx, nil) {
			if err != nil {
				return err
			}
			templates = append(templates, template.URITemplate)
		}
		if !slices.Contains(templates, "test://template/{id}/data") {
			return fmt.Errorf("%v", templates)
		}
		return c.reads(ctx, "test://template/42/data", "42")
	}},
	{"unknownResource", func(ctx context.Context, c *client) error {
		_, err := c.ReadResource(ctx, &mcp.ReadResourceParams{URI: "test://no-such-resource"})
		if *era == "modern" {
			return coded(err, -32602)
		}
		return coded(err, -32602, -32002)
	}},
	{"resourceLink", func(ctx context.Context, c *client) error {
		result, err := c.call(ctx, "link", nil)
		if err != nil {
			return err
		}
		link, ok := result.Content[0].(*mcp.ResourceLink)
		if !ok {
			return fmt.Errorf("%+v", result.Content[0])
		}
		return c.reads(ctx, link.URI, "static text resource")
	}},
	{"embeddedResource", func(ctx context.Context, c *client) error {
		result, err := c.call(ctx, "test_embedded_resource", nil)
		if err != nil {
			return err
		}
		embedded, ok := result.Content[0].(*mcp.EmbeddedResource)
		return that(ok && embedded.Resource.URI == "test://embedded-resource", "%+v", result.Content[0])
	}},
	{"pages", func(ctx context.Context, c *client) error {
		seen := map[string]int{}
		for resource, err := range c.Resources(ctx, nil) {
			if err != nil {
				return err
			}
			seen[resource.URI]++
		}
		for n := 1; n <= 300; n++ {
			if uri := fmt.Sprintf("test://numbered/%d", n); seen[uri] != 1 {
				return fmt.Errorf("%s comes %d times among %d resources", uri, seen[uri], len(seen))
			}
		}
		return nil
	}},
	{"listChanged", func(ctx context.Context, c *client) error {
		if err := c.listening(); err != nil {
			return err
		}
		_, err := c.call(ctx, "test_trigger_tool_change", nil)
		return first(err, func() error { return c.hears("tools") })
	}},
	{"resourceUpdated", func(ctx context.Context, c *client) error {
		if err := c.listening(); err != nil {
			return err
		}
		watched := "test://watched-resource"
		if err := c.Subscribe(ctx, &mcp.SubscribeParams{URI: watched}); err != nil {
			return err
		}
		_, err := c.call(ctx, "test_trigger_resource_update", nil)
		return first(err, func() error { return c.hears(watched) })
	}},
}

func (c *client) call(ctx context.Context, name string, arguments map[string]any) (*mcp.CallToolResult, error) {
	if arguments == nil {
		// This SDK would write a null, which other servers refuse.
		arguments = map[string]any{}
	}
	return c.CallTool(ctx, &mcp.CallToolParams{Name: name, Arguments: arguments})
}

func (c *client) says(ctx context.Context, name string, arguments map[string]any, wanted string) error {
	result, err := c.call(ctx, name, arguments)
	if err != nil {
		return err
	}
	text, _ := result.Content[0].(*mcp.TextContent)
	return that(text != nil && strings.Contains(text.Text, wanted), "%+v instead of %q", text, wanted)
}

func (c *client) asks(ctx context.Context, name string, arguments map[string]any, wanted string, questions ...string) error {
	if err := c.says(ctx, name, arguments, wanted); err != nil {
		return err
	}
	asked := c.noted(&c.asked)
	return that(slices.Equal(asked, questions), "asked %v", asked)
}

func (c *client) reads(ctx context.Context, uri, wanted string) error {
	result, err := c.ReadResource(ctx, &mcp.ReadResourceParams{URI: uri})
	if err != nil {
		return err
	}
	found := result.Contents[0]
	return that(found.URI == uri && strings.Contains(found.Text, wanted), "%+v", found)
}

func (c *client) listening() error {
	return that(*era == "modern" || until(func() bool { return c.streams.Load() > 0 }), "no stream of the session")
}

func (c *client) hears(what string) error {
	heard := until(func() bool { return slices.Contains(c.noted(&c.changed), what) })
	return that(heard, "changed: %v", c.noted(&c.changed))
}

func that(holds bool, format string, details ...any) error {
	if holds {
		return nil
	}
	return fmt.Errorf(format, details...)
}

func first(err error, then func() error) error {
	if err != nil {
		return err
	}
	return then()
}

func coded(err error, codes ...int64) error {
	var wire *jsonrpc.Error
	if errors.As(err, &wire) && slices.Contains(codes, wire.Code) {
		return nil
	}
	return fmt.Errorf("code %v instead of %w", codes, err)
}
