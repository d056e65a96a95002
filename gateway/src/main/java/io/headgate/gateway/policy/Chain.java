package io.headgate.gateway.policy;

import io.headgate.filter.Filter;
import io.headgate.filter.FilterContext;
import io.headgate.filter.Handler;
import io.headgate.filter.Refusal;
import io.headgate.filter.RequestHead;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The filters of a file, made and waiting to be bound to what follows them. */
public final class Chain implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Chain.class);

    private final List<Link> links = new ArrayList<>();

    /** Makes the filters; if one cannot be made, those before it are closed. */
    public Chain(List<ConfiguredFilter<?>> filters, FilterContext context) {
        try {
            for (ConfiguredFilter<?> filter : filters) {
                links.add(new Link(filter.name(), filter.make(context.at(filter.place(), /* replaced= */ null))));
            }
        } catch (RuntimeException notMade) {
            close();
            throw notMade;
        }
    }

    /** The chain as one handler; the filter that is listed first sees an exchange first. */
    public Handler before(Handler terminal) {
        Handler bound = terminal;
        for (int i = links.size() - 1; i >= 0; i--) {
            bound = links.get(i).filter().before(bound);
        }
        return bound;
    }

    /** Why a request is refused of which only the head has come, or null; the first filter that refuses decides. */
    public @Nullable Refusal refuses(RequestHead head) {
        // By index: this is asked for every call, and an iterator would be garbage.
        for (int i = 0; i < links.size(); i++) {
            Refusal refusal = links.get(i).filter().refuses(head);
            if (refusal != null) {
                return refusal;
            }
        }
        return null;
    }

    /** The first filter of a type, or null if the file names none. */
    public <F extends Filter> @Nullable F find(Class<F> type) {
        return links.stream()
                .map(Link::filter)
                .filter(type::isInstance)
                .map(type::cast)
                .findFirst()
                .orElse(null);
    }

    /** What people are shown of each filter, in order. */
    public List<FilterState> states() {
        return links.stream()
                .map(link -> new FilterState(link.name(), link.filter().state()))
                .toList();
    }

    /** Closes the filters, the first one last, because it may account for what the others did. */
    @Override
    public void close() {
        for (int i = links.size() - 1; i >= 0; i--) {
            try {
                links.get(i).filter().close();
            } catch (RuntimeException e) {
                LOG.warn("The filter {} did not close: {}", links.get(i).name(), String.valueOf(e.getMessage()));
            }
        }
    }

    /** What people are shown of one filter. */
    public record FilterState(String name, Map<String, Object> state) {}

    private record Link(String name, Filter filter) {}
}
