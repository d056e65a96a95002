package main

import (
	"context"
	"encoding/json"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// An answer is what a client said, as on the wire.
type answer map[string]any

func form(message string, fields ...string) mcp.InputRequest {
	properties := map[string]any{}
	for _, field := range fields {
		properties[field] = map[string]any{"type": "string"}
	}
	schema := map[string]any{"type": "object", "properties": properties, "required": fields}
	return &mcp.ElicitParams{Mode: "form", Message: message, RequestedSchema: schema}
}

func sample(prompt string) mcp.InputRequest {
	message := &mcp.SamplingMessage{Role: "user", Content: &mcp.TextContent{Text: prompt}}
	return &mcp.CreateMessageParams{Messages: []*mcp.SamplingMessage{message}, MaxTokens: 100}
}

// ask puts a question to the client: by the result of the call, or by a request to clients of the older revisions. Either the
// answer is nil, and the tool returns the result, or the result is.
func ask(ctx context.Context, req *mcp.CallToolRequest, key string, question mcp.InputRequest) (answer, *mcp.CallToolResult, error) {
	if !modern(req) {
		found, err := put(ctx, req.Session, question)
		return found, nil, err
	}
	known := map[string]answer{}
	if req.Params.RequestState != "" {
		if err := json.Unmarshal([]byte(req.Params.RequestState), &known); err != nil {
			return nil, nil, err
		}
	}
	for name, response := range req.Params.InputResponses {
		found, err := wire(response)
		if err != nil {
			return nil, nil, err
		}
		known[name] = found
	}
	if found, ok := known[key]; ok {
		return found, nil, nil
	}
	state, err := json.Marshal(known)
	if err != nil {
		return nil, nil, err
	}
	return nil, &mcp.CallToolResult{InputRequests: mcp.InputRequestMap{key: question}, RequestState: string(state)}, nil
}

func modern(req *mcp.CallToolRequest) bool {
	params := req.Session.InitializeParams()
	return params != nil && params.ProtocolVersion >= "2026-07-28"
}

// put asks on the stream of the call that the context belongs to, or on that of the session.
func put(ctx context.Context, session *mcp.ServerSession, question mcp.InputRequest) (answer, error) {
	var found any
	var err error
	switch params := question.(type) {
	case *mcp.ElicitParams:
		found, err = session.Elicit(ctx, params)
	case *mcp.CreateMessageParams:
		found, err = session.CreateMessage(ctx, params)
	case *mcp.ListRootsParams:
		found, err = session.ListRoots(ctx, params)
	}
	if err != nil {
		return nil, err
	}
	return wire(found)
}

func wire(value any) (answer, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	found := answer{}
	return found, json.Unmarshal(text, &found)
}

// field is a field of the form that was filled in.
func (a answer) field(name string) string {
	content, _ := a["content"].(map[string]any)
	value, _ := content[name].(string)
	return value
}

// text is that of a message, whose content is one block or a list of them.
func (a answer) text() string {
	content := a["content"]
	if list, ok := content.([]any); ok {
		content = list[0]
	}
	block, _ := content.(map[string]any)
	value, _ := block["text"].(string)
	return value
}
