/** The SPI: Exchange, Handler, Filter, Refusal, Route, Trail, Events, FilterType, FilterContext. */
@NullMarked
package io.headgate.filter;

import org.jspecify.annotations.NullMarked;
