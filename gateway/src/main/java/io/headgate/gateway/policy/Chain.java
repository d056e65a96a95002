package io.headgate.gateway.policy;

import io.headgate.filter.Filter;
import io.headgate.filter.FilterContext;
import io.headgate.filter.Handler;
import io.headgate.filter.Refusal;
import io.headgate.filter.RequestHead;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The filters of a file, made and waiting to be bound to what follows them. */
public final class Chain {
    private static final Logger LOG = LoggerFactory.getLogger(Chain.class);

    private final List<Link> links = new ArrayList<>();

    /**
     * Makes the filters; if one cannot be made, those that were are closed.
     *
     * @param former the chain before this one: a filter that is the same in both is one object, and one that is another takes
     *     over what the former one has learnt; null for the first chain
     */
    public Chain(List<ConfiguredFilter<?>> filters, @Nullable Chain former, FilterContext context) {
        List<Link> left = former == null ? new ArrayList<>() : new ArrayList<>(former.links);
        List<@Nullable Link> kept = new ArrayList<>();
        for (ConfiguredFilter<?> filter : filters) {
            Link same = first(left, link -> link.configured().isSame(filter));
            kept.add(same);
            left.remove(same);
        }
        try {
            for (int i = 0; i < filters.size(); i++) {
                ConfiguredFilter<?> filter = filters.get(i);
                Link same = kept.get(i);
                if (same == null) {
                    Link old = first(left, link -> link.configured().type().equals(filter.type()));
                    left.remove(old);
                    same = new Link(filter, filter.make(context.at(filter.place(), old == null ? null : old.filter())));
                }
                links.add(same);
            }
        } catch (RuntimeException notMade) {
            close(former == null ? Set.of() : former.filters());
            throw notMade;
        }
    }

    private static @Nullable Link first(List<Link> links, Predicate<Link> wanted) {
        return links.stream().filter(wanted).findFirst().orElse(null);
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

    /** The filters themselves, in order. */
    public Set<Filter> filters() {
        Set<Filter> filters = Collections.newSetFromMap(new IdentityHashMap<>());
        links.forEach(link -> filters.add(link.filter()));
        return filters;
    }

    /**
     * Closes the filters, the first one last, because it may account for what the others did.
     *
     * @param used those that another chain has as well
     */
    public void close(Set<Filter> used) {
        for (int i = links.size() - 1; i >= 0; i--) {
            if (used.contains(links.get(i).filter())) {
                continue;
            }
            try {
                links.get(i).filter().close();
            } catch (RuntimeException e) {
                LOG.warn("The filter {} did not close: {}", links.get(i).name(), String.valueOf(e.getMessage()));
            }
        }
    }

    /** What people are shown of one filter. */
    public record FilterState(String name, Map<String, Object> state) {}

    private record Link(ConfiguredFilter<?> configured, Filter filter) {
        String name() {
            return configured.name();
        }
    }
}
