/** The SPI: Exchange, Handler, Filter, Refusal, FilterType, FilterContext. */
@NullMarked
package io.headgate.filter;

import org.jspecify.annotations.NullMarked;
