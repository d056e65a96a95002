//! A server made with the official Rust SDK, which serves both eras at /mcp: the same tools, prompts and resources as the
//! other servers offer.
#![allow(deprecated)]

use std::{collections::BTreeMap, io::Read, sync::Arc, time::Duration};

use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::*,
    service::{RequestContext, SubscriptionContext, SubscriptionSink},
    transport::{
        StreamableHttpServerConfig, StreamableHttpService,
        streamable_http_server::session::local::LocalSessionManager,
    },
};
use serde_json::{Map, Value, json};
use tokio::{sync::Mutex, time::sleep};

const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";
const WATCHED: &str = "test://watched-resource";

#[derive(Clone, Default)]
struct Fixture {
    listening: Arc<Mutex<BTreeMap<u64, SubscriptionSink>>>,
    watched: Arc<Mutex<Vec<String>>>,
}

/// What a tool ends with: text, or the questions that it has to ask first.
type Ended = Result<CallToolResponse, ErrorData>;

fn says(text: impl Into<String>) -> Ended {
    Ok(CallToolResult::success(vec![ContentBlock::text(text.into())]).into())
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

fn failed(error: impl ToString) -> ErrorData {
    ErrorData::internal_error(error.to_string(), None)
}

/// A question as on the wire: its method and its parameters.
struct Question(&'static str, Value);

fn form(message: &str, fields: &[&str]) -> Question {
    let properties: Map<String, Value> = fields
        .iter()
        .map(|field| (field.to_string(), json!({"type": "string"})))
        .collect();
    let schema = json!({"type": "object", "properties": properties, "required": fields});
    Question(
        "elicitation/create",
        json!({"mode": "form", "message": message, "requestedSchema": schema}),
    )
}

fn page(url: &str) -> Question {
    Question(
        "elicitation/create",
        json!({"mode": "url", "message": "Please sign", "url": url, "elicitationId": "page-1"}),
    )
}

fn sample(prompt: &str) -> Question {
    let message = json!({"role": "user", "content": {"type": "text", "text": prompt}});
    Question(
        "sampling/createMessage",
        json!({"messages": [message], "maxTokens": 100}),
    )
}

impl Fixture {
    /// Puts a question to the client: by the result of the call, or by a request to clients of the older revisions.
    async fn ask(
        &self,
        key: &str,
        question: Question,
        request: &CallToolRequestParams,
        cx: &RequestContext<RoleServer>,
    ) -> Result<Result<Value, CallToolResponse>, ErrorData> {
        if cx
            .protocol_version()
            .is_none_or(|version| version.as_str() < "2026-07-28")
        {
            return self.put(question, cx).await.map(Ok);
        }
        let mut known: Map<String, Value> = match request.request_state.as_deref() {
            Some(state) => serde_json::from_str(state).map_err(failed)?,
            None => Map::new(),
        };
        if let Some(responses) = &request.input_responses {
            for (name, response) in responses {
                known.insert(
                    name.clone(),
                    serde_json::to_value(response).map_err(failed)?,
                );
            }
        }
        if let Some(answer) = known.get(key) {
            return Ok(Ok(answer.clone()));
        }
        let asked = json!({key: {"method": question.0, "params": question.1}});
        let requests: InputRequests = serde_json::from_value(asked).map_err(failed)?;
        let state = serde_json::to_string(&known).map_err(failed)?;
        Ok(Err(
            InputRequiredResult::new(Some(requests), Some(state)).into()
        ))
    }

    async fn put(
        &self,
        Question(method, params): Question,
        cx: &RequestContext<RoleServer>,
    ) -> Result<Value, ErrorData> {
        match method {
            "elicitation/create" => {
                let params = serde_json::from_value(params).map_err(failed)?;
                serde_json::to_value(cx.peer.create_elicitation(params).await.map_err(failed)?)
            }
            "sampling/createMessage" => {
                let params = serde_json::from_value(params).map_err(failed)?;
                serde_json::to_value(cx.peer.create_message(params).await.map_err(failed)?)
            }
            _ => serde_json::to_value(cx.peer.list_roots().await.map_err(failed)?),
        }
        .map_err(failed)
    }

    async fn asks(
        &self,
        question: Question,
        request: &CallToolRequestParams,
        cx: &RequestContext<RoleServer>,
        text: impl Fn(&Value) -> String,
    ) -> Ended {
        match self.ask("answer", question, request, cx).await? {
            Ok(answer) => says(text(&answer)),
            Err(pending) => Ok(pending),
        }
    }

    async fn asks_twice(
        &self,
        request: &CallToolRequestParams,
        cx: &RequestContext<RoleServer>,
    ) -> Ended {
        let name = match self
            .ask("name", form("Which name?", &["name"]), request, cx)
            .await?
        {
            Ok(answer) => answer,
            Err(pending) => return Ok(pending),
        };
        let colour = match self
            .ask("colour", form("Which colour?", &["colour"]), request, cx)
            .await?
        {
            Ok(answer) => answer,
            Err(pending) => return Ok(pending),
        };
        says(format!(
            "{} likes {}",
            text(&name["content"]["name"]),
            text(&colour["content"]["colour"])
        ))
    }

    async fn progress(&self, steps: Vec<u64>, gap: Duration, cx: &RequestContext<RoleServer>) {
        let total = steps.last().copied().unwrap_or_default() as f64;
        for step in steps {
            if let Some(token) = cx.meta.get_progress_token() {
                let told = ProgressNotificationParam::new(token, step as f64).with_total(total);
                let _ = cx.peer.notify_progress(told).await;
            }
            sleep(gap).await;
        }
    }

    async fn logs(&self, cx: &RequestContext<RoleServer>) {
        for line in [
            "Tool execution started",
            "Tool processing data",
            "Tool execution completed",
        ] {
            let told = LoggingMessageNotificationParam::new(LoggingLevel::Info, json!(line));
            let _ = cx.peer.notify_logging_message(told).await;
            sleep(Duration::from_millis(50)).await;
        }
    }

    async fn tools_changed(&self, cx: &RequestContext<RoleServer>) {
        for sink in self.listening.lock().await.values() {
            let _ = sink.notify_tool_list_changed().await;
        }
        let _ = cx.peer.notify_tool_list_changed().await;
    }

    async fn resource_updated(&self, cx: &RequestContext<RoleServer>) {
        for sink in self.listening.lock().await.values() {
            let _ = sink.notify_resource_updated(WATCHED).await;
        }
        if self.watched.lock().await.iter().any(|uri| uri == WATCHED) {
            let _ = cx
                .peer
                .notify_resource_updated(ResourceUpdatedNotificationParam::new(WATCHED))
                .await;
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_string()
}

impl ServerHandler for Fixture {
    fn get_info(&self) -> ServerInfo {
        ServerInfo::new(
            ServerCapabilities::builder()
                .enable_prompts()
                .enable_resources()
                .enable_resources_subscribe()
                .enable_tools()
                .enable_tool_list_changed()
                .enable_logging()
                .enable_completions()
                .build(),
        )
        .with_server_info(Implementation::new("headgate-interop-rust", "1.0.0"))
    }

    fn accepted_subscription_filter(
        &self,
        requested: &SubscriptionFilter,
    ) -> Option<SubscriptionFilter> {
        Some(requested.supported_by(&self.get_info().capabilities))
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        let key = {
            let mut listening = self.listening.lock().await;
            let key = listening.keys().last().map_or(0, |last| last + 1);
            listening.insert(key, context.sink().clone());
            key
        };
        context.cancelled().await;
        self.listening.lock().await.remove(&key);
        Ok(())
    }

    async fn subscribe(
        &self,
        request: SubscribeRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.watched.lock().await.push(request.uri.to_string());
        Ok(())
    }

    async fn unsubscribe(
        &self,
        _: UnsubscribeRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.watched.lock().await.clear();
        Ok(())
    }

    async fn set_level(
        &self,
        _: SetLevelRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        Ok(())
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let arguments = |name: &str| match name {
            "echo" | "test_elicitation" => json!({"message": {"type": "string"}}),
            "test_sampling" => json!({"prompt": {"type": "string"}}),
            "sleep" => json!({"ms": {"type": "integer"}}),
            "chatty" => json!({"frames": {"type": "integer"}, "gapMs": {"type": "integer"}}),
            _ => json!({}),
        };
        let names = [
            "echo",
            "sleep",
            "chatty",
            "test_simple_text",
            "test_error_handling",
            "test_tool_with_progress",
            "test_tool_with_logging",
            "test_elicitation",
            "ask_by_url",
            "test_sampling",
            "test_roots",
            "ask_twice",
            "structured",
            "link",
            "test_embedded_resource",
            "test_trigger_tool_change",
            "test_trigger_resource_update",
        ];
        let tools = names
            .iter()
            .map(|name| {
                let schema = object(json!({"type": "object", "properties": arguments(name)}));
                let tool = Tool::new(*name, "A tool of the fixture", schema);
                if *name == "structured" {
                    let output = json!({"degrees": {"type": "number"}, "unit": {"type": "string"}});
                    tool.with_raw_output_schema(Arc::new(object(
                        json!({"type": "object", "properties": output}),
                    )))
                } else {
                    tool
                }
            })
            .collect();
        Ok(ListToolsResult {
            tools,
            ..Default::default()
        })
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        cx: RequestContext<RoleServer>,
    ) -> Ended {
        let arguments = request.arguments.clone().unwrap_or_default();
        let argument = |name: &str| text(arguments.get(name).unwrap_or(&Value::Null));
        let number = |name: &str| arguments.get(name).and_then(Value::as_u64).unwrap_or(0);
        match request.name.as_ref() {
            "echo" => says(argument("message")),
            "sleep" => {
                let ms = number("ms");
                tokio::select! {
                    _ = cx.ct.cancelled() => {
                        println!("{}", json!({"cancelled": "sleep"}));
                        Err(failed("cancelled"))
                    }
                    _ = sleep(Duration::from_millis(ms)) => says(format!("slept {ms} ms")),
                }
            }
            "test_simple_text" => says("This is a simple text response for testing."),
            "test_error_handling" => {
                Ok(CallToolResult::error(vec![ContentBlock::text("intentionally")]).into())
            }
            "test_tool_with_progress" => {
                let gap = Duration::from_millis(50);
                self.progress(vec![0, 50, 100], gap, &cx).await;
                says("Done")
            }
            "chatty" => {
                let frames = number("frames");
                let gap = Duration::from_millis(number("gapMs"));
                self.progress((1..=frames).collect(), gap, &cx).await;
                says(format!("{frames} frames"))
            }
            "test_tool_with_logging" => {
                self.logs(&cx).await;
                says("Logged")
            }
            "test_elicitation" => {
                let question = form(&argument("message"), &["username", "email"]);
                self.asks(question, &request, &cx, |answer| {
                    format!("User response: {answer}")
                })
                .await
            }
            "ask_by_url" => {
                let question = page("https://pages.example/sign?for=Ada");
                self.asks(question, &request, &cx, |answer| text(&answer["action"]))
                    .await
            }
            "test_sampling" => {
                let answered = |answer: &Value| {
                    let content = &answer["content"];
                    let block = content.get(0).unwrap_or(content);
                    format!("LLM response: {}", text(&block["text"]))
                };
                self.asks(sample(&argument("prompt")), &request, &cx, answered)
                    .await
            }
            "test_roots" => {
                let question = Question("roots/list", json!({}));
                self.asks(question, &request, &cx, |answer| {
                    text(&answer["roots"][0]["uri"])
                })
                .await
            }
            "ask_twice" => self.asks_twice(&request, &cx).await,
            "structured" => {
                Ok(CallToolResult::structured(json!({"degrees": 21.5, "unit": "C"})).into())
            }
            "link" => {
                let link = Resource::new("test://static-text", "static text");
                Ok(CallToolResult::success(vec![ContentBlock::resource_link(link)]).into())
            }
            "test_embedded_resource" => {
                let resource = ResourceContents::text("Embedded", "test://embedded-resource");
                Ok(CallToolResult::success(vec![ContentBlock::resource(resource)]).into())
            }
            "test_trigger_tool_change" => {
                self.tools_changed(&cx).await;
                says("Told")
            }
            "test_trigger_resource_update" => {
                self.resource_updated(&cx).await;
                says("Told")
            }
            name => Err(ErrorData::invalid_params(
                format!("Unknown tool: {name}"),
                None,
            )),
        }
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let named = ["test://static-text", "test://static-binary", WATCHED]
            .map(|uri| Resource::new(uri, uri));
        let numbered =
            (1..=300).map(|n| Resource::new(format!("test://numbered/{n}"), format!("number {n}")));
        Ok(ListResourcesResult {
            resources: named.into_iter().chain(numbered).collect(),
            ..Default::default()
        })
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let template = ResourceTemplate::new("test://template/{id}/data", "template");
        Ok(ListResourceTemplatesResult {
            resource_templates: vec![template],
            ..Default::default()
        })
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let uri = request.uri.as_str();
        let contents = match uri {
            "test://static-text" => {
                ResourceContents::text("This is the content of the static text resource.", uri)
            }
            "test://static-binary" => ResourceContents::blob(PNG, uri),
            WATCHED => ResourceContents::text("Watched", uri),
            _ if uri.starts_with("test://template/") => {
                ResourceContents::text(json!({"id": uri.split('/').nth(3)}).to_string(), uri)
            }
            _ => {
                return Err(ErrorData::resource_not_found(
                    "Unknown resource",
                    Some(json!({"uri": uri})),
                ));
            }
        };
        Ok(ReadResourceResult::new(vec![contents]).into())
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        let arguments = ["arg1", "arg2"].map(|name| PromptArgument::new(name).with_required(true));
        let prompts = vec![
            Prompt::new("test_simple_prompt", Some("A prompt"), None),
            Prompt::new(
                "test_prompt_with_arguments",
                Some("A prompt of two words"),
                Some(arguments.to_vec()),
            ),
        ];
        Ok(ListPromptsResult {
            prompts,
            ..Default::default()
        })
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        let arguments = request.arguments.unwrap_or_default();
        let argument = |name: &str| text(arguments.get(name).unwrap_or(&Value::Null));
        let said = match request.name.as_str() {
            "test_simple_prompt" => "This is a simple prompt for testing.".to_string(),
            _ => format!(
                "Prompt with arguments: arg1='{}', arg2='{}'",
                argument("arg1"),
                argument("arg2")
            ),
        };
        Ok(GetPromptResult::new(vec![PromptMessage::new_text(Role::User, said)]).into())
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        let words = ["paris", "park", "party"].map(String::from);
        let found = words
            .into_iter()
            .filter(|word| word.starts_with(&request.argument.value))
            .collect();
        Ok(CompleteResult::new(
            CompletionInfo::new(found).map_err(failed)?,
        ))
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Started by a test, a program ends with the test: nothing else holds the other end of its standard input.
    if std::env::var_os("HEADGATE_INTEROP").is_some() {
        std::thread::spawn(|| {
            let _ = std::io::stdin().read_to_end(&mut Vec::new());
            std::process::exit(3);
        });
    }
    let fixture = Fixture::default();
    let service = StreamableHttpService::new(
        move || Ok(fixture.clone()),
        LocalSessionManager::default().into(),
        StreamableHttpServerConfig::default(),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", json!({"port": listener.local_addr()?.port()}));
    axum::serve(listener, axum::Router::new().nest_service("/mcp", service)).await?;
    Ok(())
}
