package io.headgate.filter.retry;

import io.headgate.filter.Exchange;
import io.headgate.filter.Handler;
import io.headgate.mcp.JsonRpc;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;

/** The answer to an exchange that may be handled more than once. */
final class RepeatableAnswer extends Flux<JsonRpc> {
    private final RetryFilter filter;
    private final ServerRetries server;
    private final Exchange exchange;
    private final Handler next;

    RepeatableAnswer(RetryFilter filter, ServerRetries server, Exchange exchange, Handler next) {
        this.filter = filter;
        this.server = server;
        this.exchange = exchange;
        this.next = next;
    }

    @Override
    public void subscribe(CoreSubscriber<? super JsonRpc> client) {
        RepeatedCall call = new RepeatedCall(filter, server, exchange, next, client);
        client.onSubscribe(call);
        call.begin();
    }
}
