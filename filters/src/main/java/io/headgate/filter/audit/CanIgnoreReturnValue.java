package io.headgate.filter.audit;

import java.lang.annotation.ElementType;
import java.lang.annotation.Target;

/** Says that what comes back is the object itself; known to the compiler's checks by its name. */
@Target(ElementType.TYPE)
@interface CanIgnoreReturnValue {}
