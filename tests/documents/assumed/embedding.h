#pragma once

struct Speed {
    float value = 0;
};
PERDURE_COMPONENT(Speed, value);
