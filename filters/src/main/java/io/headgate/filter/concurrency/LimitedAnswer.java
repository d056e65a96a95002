package io.headgate.filter.concurrency;

import io.headgate.filter.Exchange;
import io.headgate.filter.Handler;
import io.headgate.mcp.JsonRpc;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;

/** An answer that begins when there is a permit for its call, or is a refusal. */
final class LimitedAnswer extends Flux<JsonRpc> {
    private final ConcurrencyFilter filter;
    private final ServerLimits server;
    private final Exchange exchange;
    private final Handler next;

    LimitedAnswer(ConcurrencyFilter filter, ServerLimits server, Exchange exchange, Handler next) {
        this.filter = filter;
        this.server = server;
        this.exchange = exchange;
        this.next = next;
    }

    @Override
    public void subscribe(CoreSubscriber<? super JsonRpc> client) {
        String tool = ConcurrencyFilter.toolOf(exchange.method(), exchange.target(), exchange.route());
        Limiter limiter = server.limiter(tool);
        int share = Shares.placeOf(exchange.headers());
        boolean isBelow = limiter.isBelowItsShare(share);
        boolean comesFirst = isBelow && !filter.isBatch(exchange, tool);
        int started = limiter.take(share, comesFirst);
        if (started > 0) {
            new LimitedCall(this, client, limiter, tool, share, comesFirst).begin(started);
            return;
        }
        long now = filter.now();
        filter.crowded(now);
        long left = exchange.hasDeadline() ? exchange.deadline() - now : Long.MAX_VALUE;
        long patience = limiter.patience(share, isBelow, left, now);
        if (patience > 0) {
            new LimitedCall(this, client, limiter, tool, share, comesFirst).await(now, patience);
        } else {
            Operators.error(client, filter.overloaded);
        }
    }

    ConcurrencyFilter filter() {
        return filter;
    }

    ServerLimits server() {
        return server;
    }

    Exchange exchange() {
        return exchange;
    }

    /** What follows, asked when the call may go on and not before. */
    Flux<JsonRpc> following() {
        return next.handle(exchange);
    }
}
