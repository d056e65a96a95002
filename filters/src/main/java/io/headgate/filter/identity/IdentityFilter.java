package io.headgate.filter.identity;

import io.headgate.filter.Events;
import io.headgate.filter.Exchange;
import io.headgate.filter.Filter;
import io.headgate.filter.FilterContext;
import io.headgate.filter.FilterType;
import io.headgate.filter.Handler;
import io.headgate.filter.Refusal;
import io.headgate.filter.RequestHead;
import io.headgate.filter.RequestHeaders;
import io.headgate.mcp.JsonRpc;
import io.micrometer.core.instrument.Counter;
import java.net.InetAddress;
import java.time.Duration;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;

/**
 * Tells who calls by the key that a request shows, and refuses every request that shows none that is known.
 *
 * <p>There is one way to become a caller and nothing behind it: whatever goes wrong on it is a refusal.
 */
public final class IdentityFilter implements Filter {
    public static final FilterType<IdentityConfig> TYPE =
            new FilterType<>("identity", IdentityConfig.class, IdentityFilter::new);

    private final Callers callers;
    private final WrongKeys wrongKeys;
    private final Events events;
    private final Map<CredentialFault, Counter> rejected = new EnumMap<>(CredentialFault.class);

    public IdentityFilter(IdentityConfig config, FilterContext context) {
        callers = new Callers(config.apiKeys());
        // Or each change of the file would give those that try keys another hundred.
        wrongKeys =
                context.former() instanceof IdentityFilter former ? former.wrongKeys : new WrongKeys(context.clock());
        events = context.events();
        for (CredentialFault fault : CredentialFault.values()) {
            rejected.put(fault, context.meters().counter("headgate.auth.rejected", "reason", fault.label));
        }
    }

    @Override
    public Flux<JsonRpc> filter(Exchange exchange, Handler next) {
        Callers.Finding found = callers.find(exchange.headers());
        CredentialFault fault = found.fault();
        return fault == null
                ? next.handle(exchange.withCaller(found.caller()))
                : Flux.defer(() -> Flux.error(refuse(fault, exchange.headers())));
    }

    @Override
    public @Nullable Refusal refuses(RequestHead head) {
        CredentialFault fault = callers.find(head.headers()).fault();
        return fault == null ? null : refuse(fault, head.headers());
    }

    private Refusal refuse(CredentialFault fault, RequestHeaders headers) {
        InetAddress peer = headers.peer();
        long wait = fault.isWrongKey() && peer != null ? wrongKeys.count(peer) : 0;
        if (wait > 0) {
            Objects.requireNonNull(rejected.get(CredentialFault.THROTTLED)).increment();
            return CredentialFault.THROTTLED.refusal(Duration.ofMillis(wait));
        }
        Objects.requireNonNull(rejected.get(fault)).increment();
        if (events.areHeard()) {
            events.refused(fault.event, headers.peer());
        }
        return fault.refusal();
    }

    /** How many there are, and no names: whoever reads this need not know who has a key. */
    @Override
    public Map<String, Object> state() {
        Map<String, Object> state = new LinkedHashMap<>();
        state.put("callers", callers.count());
        state.put("keys", callers.keys());
        return state;
    }
}
