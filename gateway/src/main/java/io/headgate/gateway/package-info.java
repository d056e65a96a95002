/** Main and Gateway: the only classes that see everything; used by nobody. */
@NullMarked
package io.headgate.gateway;

import org.jspecify.annotations.NullMarked;
