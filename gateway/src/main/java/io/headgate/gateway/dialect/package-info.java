/** One class family per era: turns an HTTP exchange into an Exchange and its messages back into HTTP. */
@NullMarked
package io.headgate.gateway.dialect;

import org.jspecify.annotations.NullMarked;
