package io.headgate.filter;

import java.util.function.BiFunction;

/** What the file needs to know of a filter: its key, its configuration, and how to make one. */
public record FilterType<C extends Record>(
        String name, Class<C> configType, BiFunction<C, FilterContext, Filter> factory) {}
