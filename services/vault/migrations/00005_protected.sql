-- +goose Up
-- Children whose identity is protected: a person whom one municipality has flagged is protected in every one.
CREATE VIEW protected AS
    SELECT token, municipality FROM child WHERE protected
    UNION ALL
    SELECT here.token, here.municipality
    FROM identity here JOIN identity there ON there.index = here.index AND there.municipality <> here.municipality
    JOIN child flagged ON flagged.token = there.token AND flagged.protected
    WHERE here.person AND there.person;

-- +goose Down
DROP VIEW protected;
