SELEKT serial FROM flow
