/** Refuses requests beyond a rate, for each caller, tenant, tool, server or address, in one gateway or in several. */
@NullMarked
package io.headgate.filter.ratelimit;

import org.jspecify.annotations.NullMarked;
