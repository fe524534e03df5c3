/* Generated from schemas/ by `npm run generate`; do not edit. */
export const schemas = {
  Exclusion: {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "urn:stator:v1:exclusion",
    "title": "ExclusionDocument",
    "description": "Datasets that must not be placed at some sites.",
    "type": "object",
    "additionalProperties": false,
    "required": [
      "apiVersion",
      "kind",
      "metadata",
      "spec"
    ],
    "properties": {
      "apiVersion": {
        "description": "Version of the document format.",
        "const": "stator/v1"
      },
      "kind": {
        "description": "Kind of the document.",
        "const": "Exclusion"
      },
      "metadata": {
        "description": "Identity of the document and free text about it.",
        "type": "object",
        "additionalProperties": false,
        "required": [
          "name"
        ],
        "properties": {
          "name": {
            "$ref": "#/$defs/name",
            "description": "Name of the document: with the kind its identity. 1 to 255 characters without control characters, compared as it stands."
          },
          "labels": {
            "$ref": "#/$defs/textMap",
            "description": "Free labels, not interpreted."
          },
          "annotations": {
            "$ref": "#/$defs/textMap",
            "description": "Free notes for people and other programs, not interpreted."
          }
        }
      },
      "spec": {
        "description": "What must not be placed where.",
        "type": "object",
        "additionalProperties": false,
        "required": [
          "datasets",
          "sites",
          "reason"
        ],
        "properties": {
          "description": {
            "type": "string",
            "description": "What it is for, in the words of whoever wrote it; shown by plan, explain and the audit."
          },
          "requestedBy": {
            "type": "string",
            "description": "Who asked for it; shown by plan, explain and the audit."
          },
          "link": {
            "type": "string",
            "description": "Where it was discussed, for example a ticket; shown by plan, explain and the audit."
          },
          "datasets": {
            "$ref": "#/$defs/condition",
            "description": "Dataset condition: what must not be placed."
          },
          "sites": {
            "$ref": "#/$defs/condition",
            "description": "Site condition, may read dataset variables: where it must not be placed."
          },
          "reason": {
            "type": "string",
            "minLength": 1,
            "description": "Why; shown where a placement finds no site because of it."
          },
          "remove": {
            "type": "boolean",
            "default": false,
            "description": "Existing copies there count for no placement and are deleted once every placement is satisfied without them."
          }
        }
      }
    },
    "$defs": {
      "name": {
        "description": "A name: 1 to 255 characters without control characters, compared as it stands.",
        "type": "string",
        "minLength": 1,
        "maxLength": 255,
        "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]+$"
      },
      "textMap": {
        "description": "A map of text to text.",
        "type": "object",
        "additionalProperties": {
          "type": "string"
        },
        "propertyNames": {
          "minLength": 1,
          "maxLength": 255
        }
      },
      "condition": {
        "description": "A condition: a CEL expression that results in true or false, or true or false itself.",
        "type": [
          "string",
          "boolean"
        ],
        "minLength": 1
      }
    }
  },
  Federation: {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "urn:stator:v1:federation",
    "title": "FederationDocument",
    "description": "The federation as a whole: names, labels and defaults. There is exactly one.",
    "type": "object",
    "additionalProperties": false,
    "required": ["apiVersion", "kind", "metadata", "spec"],
    "properties": {
      "apiVersion": {
        "description": "Version of the document format.",
        "const": "stator/v1"
      },
      "kind": {
        "description": "Kind of the document.",
        "const": "Federation"
      },
      "metadata": {
        "description": "Identity of the document and free text about it.",
        "type": "object",
        "additionalProperties": false,
        "required": ["name"],
        "properties": {
          "name": {
            "$ref": "#/$defs/name",
            "description": "Name of the document: with the kind its identity. 1 to 255 characters without control characters, compared as it stands."
          },
          "labels": {
            "$ref": "#/$defs/textMap",
            "description": "Free labels, not interpreted."
          },
          "annotations": {
            "$ref": "#/$defs/textMap",
            "description": "Free notes for people and other programs, not interpreted."
          }
        }
      },
      "spec": {
        "description": "What holds for the whole federation.",
        "type": "object",
        "additionalProperties": false,
        "properties": {
          "description": {
            "type": "string",
            "description": "What it is for, in the words of whoever wrote it; shown by plan, explain and the audit."
          },
          "requestedBy": {
            "type": "string",
            "description": "Who asked for it; shown by plan, explain and the audit."
          },
          "link": {
            "type": "string",
            "description": "Where it was discussed, for example a ticket; shown by plan, explain and the audit."
          },
          "datasetName": {
            "$ref": "#/$defs/regex",
            "description": "Regular expression (RE2 syntax) that the names of datasets must match."
          },
          "labels": {
            "description": "The labels that exist. Where a list is given, any other key is an error; without a list, any key may be used.",
            "type": "object",
            "additionalProperties": false,
            "properties": {
              "dataset": {
                "type": "array",
                "items": {
                  "$ref": "#/$defs/name"
                },
                "description": "Keys that dataset.labels may have."
              },
              "site": {
                "type": "array",
                "items": {
                  "$ref": "#/$defs/name"
                },
                "description": "Keys that metadata.labels of a Site, and so site.labels, may have."
              }
            }
          },
          "defaults": {
            "description": "Values for documents that give none.",
            "type": "object",
            "additionalProperties": false,
            "properties": {
              "owner": {
                "$ref": "#/$defs/name",
                "description": "Owner of the copies that placements without an owner of their own make."
              },
              "priority": {
                "type": "integer",
                "minimum": 0,
                "maximum": 100,
                "default": 50,
                "description": "Priority of placements that give none; 0 to 100, higher first."
              },
              "downGrace": {
                "$ref": "#/$defs/duration",
                "description": "How long the replicas of a site that is down still satisfy placements, such as 7d.",
                "default": "7d"
              },
              "evacuateTo": {
                "$ref": "#/$defs/condition",
                "description": "Site condition: where data that must leave a draining site goes. Default: a site of the same storage class with quota in the same partition."
              }
            }
          },
          "disposable": {
            "$ref": "#/$defs/condition",
            "description": "Dataset condition: where a rule with allowLastCopy may remove last copies. Default: dataset.status in [\"DELETED\", \"INVALID\", \"DEPRECATED\"]."
          }
        }
      }
    },
    "$defs": {
      "name": {
        "description": "A name: 1 to 255 characters without control characters, compared as it stands.",
        "type": "string",
        "minLength": 1,
        "maxLength": 255,
        "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]+$"
      },
      "textMap": {
        "description": "A map of text to text.",
        "type": "object",
        "additionalProperties": {
          "type": "string"
        },
        "propertyNames": {
          "minLength": 1,
          "maxLength": 255
        }
      },
      "duration": {
        "description": "A duration with its unit (s, m, h, d, w) such as 30m, 12h, 90d or 2w.",
        "type": "string",
        "pattern": "^([0-9]+(\\.[0-9]+)?[smhdw])+$",
        "examples": ["30m", "12h", "90d", "2w"]
      },
      "condition": {
        "description": "A condition: a CEL expression that results in true or false, or true or false itself.",
        "type": ["string", "boolean"],
        "minLength": 1
      },
      "regex": {
        "description": "A regular expression (RE2 syntax).",
        "type": "string",
        "minLength": 1
      }
    }
  },
  Group: {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "urn:stator:v1:group",
    "title": "GroupDocument",
    "description": "A group that owns replicas.",
    "type": "object",
    "additionalProperties": false,
    "required": ["apiVersion", "kind", "metadata", "spec"],
    "properties": {
      "apiVersion": {
        "description": "Version of the document format.",
        "const": "stator/v1"
      },
      "kind": {
        "description": "Kind of the document.",
        "const": "Group"
      },
      "metadata": {
        "description": "Identity of the document and free text about it.",
        "type": "object",
        "additionalProperties": false,
        "required": ["name"],
        "properties": {
          "name": {
            "$ref": "#/$defs/name",
            "description": "Name of the document: with the kind its identity. 1 to 255 characters without control characters, compared as it stands."
          },
          "labels": {
            "$ref": "#/$defs/textMap",
            "description": "Free labels, not interpreted."
          },
          "annotations": {
            "$ref": "#/$defs/textMap",
            "description": "Free notes for people and other programs, not interpreted."
          }
        }
      },
      "spec": {
        "description": "How the group owns.",
        "type": "object",
        "additionalProperties": false,
        "properties": {
          "description": {
            "type": "string",
            "description": "What it is for, in the words of whoever wrote it; shown by plan, explain and the audit."
          },
          "requestedBy": {
            "type": "string",
            "description": "Who asked for it; shown by plan, explain and the audit."
          },
          "link": {
            "type": "string",
            "description": "Where it was discussed, for example a ticket; shown by plan, explain and the audit."
          },
          "ownership": {
            "enum": ["dataset", "block"],
            "default": "dataset",
            "description": "Whether the group owns whole datasets or single blocks."
          },
          "limit": {
            "$ref": "#/$defs/bytes",
            "description": "Bytes the group may own over all sites, such as 5PB."
          }
        }
      }
    },
    "$defs": {
      "name": {
        "description": "A name: 1 to 255 characters without control characters, compared as it stands.",
        "type": "string",
        "minLength": 1,
        "maxLength": 255,
        "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]+$"
      },
      "textMap": {
        "description": "A map of text to text.",
        "type": "object",
        "additionalProperties": {
          "type": "string"
        },
        "propertyNames": {
          "minLength": 1,
          "maxLength": 255
        }
      },
      "bytes": {
        "description": "A size in bytes: an integer, or a number with a unit (B, kB, MB, GB, TB, PB, EB, KiB, MiB, GiB, TiB, PiB, EiB) such as 500TB or 10TiB.",
        "type": ["integer", "string"],
        "minimum": 0,
        "maximum": 9007199254740991,
        "pattern": "^[0-9]+(\\.[0-9]+)?\\s*(B|[kKMGTPE]B|[KMGTPE]iB)?$",
        "examples": ["500TB", "2PB", "10TiB", 1000000]
      }
    }
  },
  Guard: {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "urn:stator:v1:guard",
    "title": "GuardDocument",
    "description": "Limits of what the loop may do. The strictest of all guards in force wins.",
    "type": "object",
    "additionalProperties": false,
    "required": ["apiVersion", "kind", "metadata", "spec"],
    "properties": {
      "apiVersion": {
        "description": "Version of the document format.",
        "const": "stator/v1"
      },
      "kind": {
        "description": "Kind of the document.",
        "const": "Guard"
      },
      "metadata": {
        "description": "Identity of the document and free text about it.",
        "type": "object",
        "additionalProperties": false,
        "required": ["name"],
        "properties": {
          "name": {
            "$ref": "#/$defs/name",
            "description": "Name of the document: with the kind its identity. 1 to 255 characters without control characters, compared as it stands."
          },
          "labels": {
            "$ref": "#/$defs/textMap",
            "description": "Free labels, not interpreted."
          },
          "annotations": {
            "$ref": "#/$defs/textMap",
            "description": "Free notes for people and other programs, not interpreted."
          }
        }
      },
      "spec": {
        "description": "The limits, and where they hold.",
        "type": "object",
        "additionalProperties": false,
        "properties": {
          "description": {
            "type": "string",
            "description": "What it is for, in the words of whoever wrote it; shown by plan, explain and the audit."
          },
          "requestedBy": {
            "type": "string",
            "description": "Who asked for it; shown by plan, explain and the audit."
          },
          "link": {
            "type": "string",
            "description": "Where it was discussed, for example a ticket; shown by plan, explain and the audit."
          },
          "sites": {
            "$ref": "#/$defs/condition",
            "description": "Site condition: where the limits hold. Default: everywhere."
          },
          "partition": {
            "$ref": "#/$defs/name",
            "description": "Name of the partition for which the limits hold. Default: the whole federation."
          },
          "transfers": {
            "description": "Limits of copies.",
            "type": "object",
            "additionalProperties": false,
            "properties": {
              "maxBytesPerCycle": {
                "$ref": "#/$defs/bytes",
                "description": "Bytes of copies that one plan may start, such as 200TB."
              },
              "maxOccupancy": {
                "$ref": "#/$defs/fraction",
                "description": "Nothing is placed at a site that would exceed this projected share of its quota, such as 93%."
              },
              "maxPending": {
                "$ref": "#/$defs/fraction",
                "description": "Nothing is placed at a site where more than this share of its quota is on its way, such as 3%."
              },
              "maxDatasetSize": {
                "$ref": "#/$defs/bytes",
                "description": "Larger datasets are not placed, such as 200TB."
              }
            }
          },
          "deletions": {
            "description": "Limits of deletions over a rolling window.",
            "type": "object",
            "additionalProperties": false,
            "properties": {
              "per": {
                "$ref": "#/$defs/duration",
                "description": "Length of the rolling window over the history, such as 24h.",
                "default": "24h"
              },
              "maxBytes": {
                "$ref": "#/$defs/bytes",
                "description": "Bytes deleted in the window, such as 500TB."
              },
              "maxShareOfSite": {
                "$ref": "#/$defs/fraction",
                "description": "Share of what a site holds that is deleted in the window, such as 5%."
              },
              "maxDatasets": {
                "type": "integer",
                "minimum": 0,
                "description": "Datasets of which anything is deleted in the window."
              },
              "approvalAbove": {
                "$ref": "#/$defs/bytes",
                "description": "More than this in the window waits for an approval, such as 100TB; 0: every deletion does."
              }
            }
          },
          "copies": {
            "type": "array",
            "description": "Never go below; one complete copy of every block holds without any Guard.",
            "items": {
              "type": "object",
              "additionalProperties": false,
              "properties": {
                "datasets": {
                  "$ref": "#/$defs/condition",
                  "description": "Dataset condition. Default: all."
                },
                "min": {
                  "type": "integer",
                  "minimum": 1,
                  "maximum": 1000,
                  "default": 1,
                  "description": "Complete copies of every block that must remain."
                },
                "tape": {
                  "type": "boolean",
                  "default": false,
                  "description": "Whether a disk copy may only go while a complete copy on tape exists."
                },
                "description": {
                  "type": "string",
                  "description": "What it is for, in the words of whoever wrote it; shown by plan, explain and the audit."
                },
                "requestedBy": {
                  "type": "string",
                  "description": "Who asked for it; shown by plan, explain and the audit."
                },
                "link": {
                  "type": "string",
                  "description": "Where it was discussed, for example a ticket; shown by plan, explain and the audit."
                }
              }
            }
          },
          "staleness": {
            "description": "How old, or how much smaller, the inputs may be.",
            "type": "object",
            "additionalProperties": false,
            "properties": {
              "inventory": {
                "$ref": "#/$defs/duration",
                "description": "Nothing is deleted from an older inventory, such as 1h."
              },
              "source": {
                "$ref": "#/$defs/duration",
                "description": "Nothing is deleted when the repository was last read longer ago, such as 24h."
              },
              "maxShrink": {
                "$ref": "#/$defs/fraction",
                "description": "Nothing is deleted from an inventory that shrank by more since the last cycle, such as 10%."
              }
            }
          }
        }
      }
    },
    "$defs": {
      "name": {
        "description": "A name: 1 to 255 characters without control characters, compared as it stands.",
        "type": "string",
        "minLength": 1,
        "maxLength": 255,
        "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]+$"
      },
      "textMap": {
        "description": "A map of text to text.",
        "type": "object",
        "additionalProperties": {
          "type": "string"
        },
        "propertyNames": {
          "minLength": 1,
          "maxLength": 255
        }
      },
      "bytes": {
        "description": "A size in bytes: an integer, or a number with a unit (B, kB, MB, GB, TB, PB, EB, KiB, MiB, GiB, TiB, PiB, EiB) such as 500TB or 10TiB.",
        "type": ["integer", "string"],
        "minimum": 0,
        "maximum": 9007199254740991,
        "pattern": "^[0-9]+(\\.[0-9]+)?\\s*(B|[kKMGTPE]B|[KMGTPE]iB)?$",
        "examples": ["500TB", "2PB", "10TiB", 1000000]
      },
      "duration": {
        "description": "A duration with its unit (s, m, h, d, w) such as 30m, 12h, 90d or 2w.",
        "type": "string",
        "pattern": "^([0-9]+(\\.[0-9]+)?[smhdw])+$",
        "examples": ["30m", "12h", "90d", "2w"]
      },
      "fraction": {
        "description": "A fraction from 0 to 1, or a percentage, such as 0.85 or 85%.",
        "type": ["number", "string"],
        "minimum": 0,
        "maximum": 1,
        "pattern": "^[0-9]+(\\.[0-9]+)?%?$",
        "examples": [0.85, "85%"]
      },
      "condition": {
        "description": "A condition: a CEL expression that results in true or false, or true or false itself.",
        "type": ["string", "boolean"],
        "minLength": 1
      }
    }
  },
  Lock: {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "urn:stator:v1:lock",
    "title": "LockDocument",
    "description": "Data that is never deleted, by any path, until a date.",
    "type": "object",
    "additionalProperties": false,
    "required": ["apiVersion", "kind", "metadata", "spec"],
    "properties": {
      "apiVersion": {
        "description": "Version of the document format.",
        "const": "stator/v1"
      },
      "kind": {
        "description": "Kind of the document.",
        "const": "Lock"
      },
      "metadata": {
        "description": "Identity of the document and free text about it.",
        "type": "object",
        "additionalProperties": false,
        "required": ["name"],
        "properties": {
          "name": {
            "$ref": "#/$defs/name",
            "description": "Name of the document: with the kind its identity. 1 to 255 characters without control characters, compared as it stands."
          },
          "labels": {
            "$ref": "#/$defs/textMap",
            "description": "Free labels, not interpreted."
          },
          "annotations": {
            "$ref": "#/$defs/textMap",
            "description": "Free notes for people and other programs, not interpreted."
          }
        }
      },
      "spec": {
        "description": "What is locked, where, until when, and why.",
        "type": "object",
        "additionalProperties": false,
        "required": ["expires", "reason"],
        "anyOf": [
          { "required": ["datasets"] },
          { "required": ["blocks"] }
        ],
        "properties": {
          "description": {
            "type": "string",
            "description": "What it is for, in the words of whoever wrote it; shown by plan, explain and the audit."
          },
          "requestedBy": {
            "type": "string",
            "description": "Who asked for it; shown by plan, explain and the audit."
          },
          "link": {
            "type": "string",
            "description": "Where it was discussed, for example a ticket; shown by plan, explain and the audit."
          },
          "datasets": {
            "$ref": "#/$defs/condition",
            "description": "Dataset condition: what is locked."
          },
          "blocks": {
            "type": "array",
            "minItems": 1,
            "items": {
              "type": "string",
              "maxLength": 1024,
              "pattern": "^[^#]+#.+$"
            },
            "description": "Full names of locked blocks, dataset#block."
          },
          "sites": {
            "$ref": "#/$defs/condition",
            "description": "Site condition: where. Default: everywhere."
          },
          "owners": {
            "type": "array",
            "minItems": 1,
            "items": {
              "$ref": "#/$defs/name"
            },
            "description": "Only what these groups own. Default: whoever owns it."
          },
          "expires": {
            "$ref": "#/$defs/time",
            "description": "When the lock ends, such as 2027-06-01."
          },
          "reason": {
            "type": "string",
            "minLength": 1,
            "description": "Why it is locked."
          }
        }
      }
    },
    "$defs": {
      "name": {
        "description": "A name: 1 to 255 characters without control characters, compared as it stands.",
        "type": "string",
        "minLength": 1,
        "maxLength": 255,
        "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]+$"
      },
      "textMap": {
        "description": "A map of text to text.",
        "type": "object",
        "additionalProperties": {
          "type": "string"
        },
        "propertyNames": {
          "minLength": 1,
          "maxLength": 255
        }
      },
      "time": {
        "description": "A time as RFC 3339, or a date alone (midnight UTC), such as 2027-06-01 or 2027-06-01T12:00:00Z.",
        "type": "string",
        "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2}))?$",
        "examples": ["2027-06-01", "2027-06-01T12:00:00Z"]
      },
      "condition": {
        "description": "A condition: a CEL expression that results in true or false, or true or false itself.",
        "type": ["string", "boolean"],
        "minLength": 1
      }
    }
  },
  Ownership: {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "urn:stator:v1:ownership",
    "title": "OwnershipDocument",
    "description": "Gives block replicas another owner without moving bytes.",
    "type": "object",
    "additionalProperties": false,
    "required": [
      "apiVersion",
      "kind",
      "metadata",
      "spec"
    ],
    "properties": {
      "apiVersion": {
        "description": "Version of the document format.",
        "const": "stator/v1"
      },
      "kind": {
        "description": "Kind of the document.",
        "const": "Ownership"
      },
      "metadata": {
        "description": "Identity of the document and free text about it.",
        "type": "object",
        "additionalProperties": false,
        "required": [
          "name"
        ],
        "properties": {
          "name": {
            "$ref": "#/$defs/name",
            "description": "Name of the document: with the kind its identity. 1 to 255 characters without control characters, compared as it stands."
          },
          "labels": {
            "$ref": "#/$defs/textMap",
            "description": "Free labels, not interpreted."
          },
          "annotations": {
            "$ref": "#/$defs/textMap",
            "description": "Free notes for people and other programs, not interpreted."
          }
        }
      },
      "spec": {
        "description": "What belongs to whom.",
        "type": "object",
        "additionalProperties": false,
        "required": [
          "match",
          "owner"
        ],
        "properties": {
          "description": {
            "type": "string",
            "description": "What it is for, in the words of whoever wrote it; shown by plan, explain and the audit."
          },
          "requestedBy": {
            "type": "string",
            "description": "Who asked for it; shown by plan, explain and the audit."
          },
          "link": {
            "type": "string",
            "description": "Where it was discussed, for example a ticket; shown by plan, explain and the audit."
          },
          "match": {
            "$ref": "#/$defs/condition",
            "description": "Block condition: which block replicas."
          },
          "owner": {
            "$ref": "#/$defs/name",
            "description": "Group that owns them."
          }
        }
      }
    },
    "$defs": {
      "name": {
        "description": "A name: 1 to 255 characters without control characters, compared as it stands.",
        "type": "string",
        "minLength": 1,
        "maxLength": 255,
        "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]+$"
      },
      "textMap": {
        "description": "A map of text to text.",
        "type": "object",
        "additionalProperties": {
          "type": "string"
        },
        "propertyNames": {
          "minLength": 1,
          "maxLength": 255
        }
      },
      "condition": {
        "description": "A condition: a CEL expression that results in true or false, or true or false itself.",
        "type": [
          "string",
          "boolean"
        ],
        "minLength": 1
      }
    }
  },
  Partition: {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "urn:stator:v1:partition",
    "title": "PartitionDocument",
    "description": "A named slice of the federation, with its quotas.",
    "type": "object",
    "additionalProperties": false,
    "required": ["apiVersion", "kind", "metadata", "spec"],
    "properties": {
      "apiVersion": {
        "description": "Version of the document format.",
        "const": "stator/v1"
      },
      "kind": {
        "description": "Kind of the document.",
        "const": "Partition"
      },
      "metadata": {
        "description": "Identity of the document and free text about it.",
        "type": "object",
        "additionalProperties": false,
        "required": ["name"],
        "properties": {
          "name": {
            "$ref": "#/$defs/name",
            "description": "Name of the document: with the kind its identity. 1 to 255 characters without control characters, compared as it stands."
          },
          "labels": {
            "$ref": "#/$defs/textMap",
            "description": "Free labels, not interpreted."
          },
          "annotations": {
            "$ref": "#/$defs/textMap",
            "description": "Free notes for people and other programs, not interpreted."
          }
        }
      },
      "spec": {
        "description": "What is in the partition. Either match or include.",
        "type": "object",
        "additionalProperties": false,
        "oneOf": [
          { "required": ["match"] },
          { "required": ["include"] }
        ],
        "properties": {
          "description": {
            "type": "string",
            "description": "What it is for, in the words of whoever wrote it; shown by plan, explain and the audit."
          },
          "requestedBy": {
            "type": "string",
            "description": "Who asked for it; shown by plan, explain and the audit."
          },
          "link": {
            "type": "string",
            "description": "Where it was discussed, for example a ticket; shown by plan, explain and the audit."
          },
          "match": {
            "$ref": "#/$defs/condition",
            "description": "Block condition: the block replicas of the partition."
          },
          "include": {
            "type": "array",
            "minItems": 1,
            "items": {
              "$ref": "#/$defs/name"
            },
            "description": "Names of partitions whose union this is."
          },
          "quotas": {
            "type": "array",
            "description": "Quotas by site; the first match wins, a Site's own quota overrides.",
            "items": {
              "type": "object",
              "additionalProperties": false,
              "required": ["sites", "size"],
              "properties": {
                "sites": {
                  "$ref": "#/$defs/condition",
                  "description": "Site condition."
                },
                "size": {
                  "$ref": "#/$defs/quota",
                  "description": "Bytes at each of these sites, or unlimited."
                }
              }
            }
          }
        }
      }
    },
    "$defs": {
      "name": {
        "description": "A name: 1 to 255 characters without control characters, compared as it stands.",
        "type": "string",
        "minLength": 1,
        "maxLength": 255,
        "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]+$"
      },
      "textMap": {
        "description": "A map of text to text.",
        "type": "object",
        "additionalProperties": {
          "type": "string"
        },
        "propertyNames": {
          "minLength": 1,
          "maxLength": 255
        }
      },
      "quota": {
        "description": "A size in bytes (an integer, or a number with a unit such as 2PB or 10TiB), or unlimited.",
        "type": ["integer", "string"],
        "minimum": 0,
        "maximum": 9007199254740991,
        "pattern": "^(unlimited|[0-9]+(\\.[0-9]+)?\\s*(B|[kKMGTPE]B|[KMGTPE]iB)?)$",
        "examples": ["2PB", "unlimited"]
      },
      "condition": {
        "description": "A condition: a CEL expression that results in true or false, or true or false itself.",
        "type": ["string", "boolean"],
        "minLength": 1
      }
    }
  },
  Placement: {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "urn:stator:v1:placement",
    "title": "PlacementDocument",
    "description": "Which datasets have how many copies where.",
    "type": "object",
    "additionalProperties": false,
    "required": [
      "apiVersion",
      "kind",
      "metadata",
      "spec"
    ],
    "properties": {
      "apiVersion": {
        "description": "Version of the document format.",
        "const": "stator/v1"
      },
      "kind": {
        "description": "Kind of the document.",
        "const": "Placement"
      },
      "metadata": {
        "description": "Identity of the document and free text about it.",
        "type": "object",
        "additionalProperties": false,
        "required": [
          "name"
        ],
        "properties": {
          "name": {
            "$ref": "#/$defs/name",
            "description": "Name of the document: with the kind its identity. 1 to 255 characters without control characters, compared as it stands."
          },
          "labels": {
            "$ref": "#/$defs/textMap",
            "description": "Free labels, not interpreted."
          },
          "annotations": {
            "$ref": "#/$defs/textMap",
            "description": "Free notes for people and other programs, not interpreted."
          }
        }
      },
      "spec": {
        "description": "What is placed where.",
        "type": "object",
        "additionalProperties": false,
        "required": [
          "datasets",
          "to"
        ],
        "properties": {
          "description": {
            "type": "string",
            "description": "What it is for, in the words of whoever wrote it; shown by plan, explain and the audit."
          },
          "requestedBy": {
            "type": "string",
            "description": "Who asked for it; shown by plan, explain and the audit."
          },
          "link": {
            "type": "string",
            "description": "Where it was discussed, for example a ticket; shown by plan, explain and the audit."
          },
          "datasets": {
            "$ref": "#/$defs/condition",
            "description": "Dataset condition: what is placed."
          },
          "statuses": {
            "type": "array",
            "minItems": 1,
            "items": {
              "enum": [
                "VALID",
                "PRODUCTION",
                "DEPRECATED",
                "INVALID",
                "DELETED",
                "IGNORED",
                "UNKNOWN"
              ]
            },
            "default": [
              "VALID",
              "PRODUCTION"
            ],
            "description": "Only datasets of these statuses are placed."
          },
          "to": {
            "$ref": "#/$defs/condition",
            "description": "Site condition, may read dataset variables: where copies go."
          },
          "from": {
            "$ref": "#/$defs/condition",
            "description": "Site condition, may read dataset variables: only these sites are sources."
          },
          "copies": {
            "type": [
              "integer",
              "string"
            ],
            "minimum": 0,
            "minLength": 1,
            "default": 1,
            "description": "Number of full copies at matching sites: an integer, all (one at each matching site), or an integer expression over the dataset."
          },
          "weight": {
            "$ref": "#/$defs/expression",
            "description": "Site expression resulting in a number: sites with a higher weight are chosen more often. Default: the projected free share of quota."
          },
          "level": {
            "enum": [
              "dataset",
              "block"
            ],
            "default": "dataset",
            "description": "dataset: the copies are of whole datasets, and new blocks follow; block: every block has its own copies, not necessarily together."
          },
          "owner": {
            "$ref": "#/$defs/name",
            "description": "Group that owns the copies. Default: the owner of the Federation's defaults."
          },
          "priority": {
            "type": "integer",
            "minimum": 0,
            "maximum": 100,
            "description": "0 to 100, higher first. Default: the priority of the Federation's defaults."
          },
          "activity": {
            "type": "string",
            "minLength": 1,
            "maxLength": 255,
            "description": "Passed to the mover, for example as the FTS activity share."
          },
          "protect": {
            "type": "boolean",
            "default": true,
            "description": "Whether the copies it needs are required, and so not deleted."
          },
          "expires": {
            "$ref": "#/$defs/time",
            "description": "When the placement ends, such as 2027-06-01."
          },
          "onRemove": {
            "enum": [
              "release",
              "keep",
              "delete"
            ],
            "default": "release",
            "description": "What becomes of the copies when the placement ends, is removed, or a dataset stops matching: release leaves them to retention, keep protects them for good, delete deletes them after a grace period of 24 h."
          },
          "spread": {
            "type": "object",
            "additionalProperties": false,
            "required": [
              "by"
            ],
            "description": "Limits copies per value of a site label.",
            "properties": {
              "by": {
                "type": "string",
                "minLength": 1,
                "maxLength": 255,
                "description": "Key of the site label, such as country."
              },
              "max": {
                "type": "integer",
                "minimum": 1,
                "default": 1,
                "description": "Copies per value of the label."
              }
            }
          },
          "relativeTo": {
            "type": "object",
            "additionalProperties": false,
            "required": [
              "placement",
              "label",
              "same"
            ],
            "description": "Where the copies of another placement are, or are not.",
            "properties": {
              "placement": {
                "$ref": "#/$defs/name",
                "description": "The other Placement."
              },
              "label": {
                "type": "string",
                "minLength": 1,
                "maxLength": 255,
                "description": "Key of the site label that is compared, such as region."
              },
              "same": {
                "type": "boolean",
                "description": "true: only at sites whose label has a value that the other's copies have; false: only at others."
              }
            }
          },
          "keepFor": {
            "$ref": "#/$defs/duration",
            "description": "The placement ends for a dataset this long after its creation."
          }
        }
      }
    },
    "$defs": {
      "name": {
        "description": "A name: 1 to 255 characters without control characters, compared as it stands.",
        "type": "string",
        "minLength": 1,
        "maxLength": 255,
        "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]+$"
      },
      "textMap": {
        "description": "A map of text to text.",
        "type": "object",
        "additionalProperties": {
          "type": "string"
        },
        "propertyNames": {
          "minLength": 1,
          "maxLength": 255
        }
      },
      "time": {
        "description": "A time as RFC 3339, or a date alone (midnight UTC), such as 2027-06-01 or 2027-06-01T12:00:00Z.",
        "type": "string",
        "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2}))?$",
        "examples": [
          "2027-06-01",
          "2027-06-01T12:00:00Z"
        ]
      },
      "condition": {
        "description": "A condition: a CEL expression that results in true or false, or true or false itself.",
        "type": [
          "string",
          "boolean"
        ],
        "minLength": 1
      },
      "expression": {
        "description": "A CEL expression.",
        "type": "string",
        "minLength": 1
      },
      "duration": {
        "description": "A duration with its unit (s, m, h, d, w) such as 30m, 12h, 90d or 2w.",
        "type": "string",
        "pattern": "^([0-9]+(\\.[0-9]+)?[smhdw])+$",
        "examples": [
          "30m",
          "12h",
          "90d",
          "2w"
        ]
      }
    }
  },
  PolicyTest: {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "urn:stator:v1:policytest",
    "title": "PolicyTestDocument",
    "description": "Something that the rules must bring about, or must not.",
    "type": "object",
    "additionalProperties": false,
    "required": [
      "apiVersion",
      "kind",
      "metadata",
      "spec"
    ],
    "properties": {
      "apiVersion": {
        "description": "Version of the document format.",
        "const": "stator/v1"
      },
      "kind": {
        "description": "Kind of the document.",
        "const": "PolicyTest"
      },
      "metadata": {
        "description": "Identity of the document and free text about it.",
        "type": "object",
        "additionalProperties": false,
        "required": [
          "name"
        ],
        "properties": {
          "name": {
            "$ref": "#/$defs/name",
            "description": "Name of the document: with the kind its identity. 1 to 255 characters without control characters, compared as it stands."
          },
          "labels": {
            "$ref": "#/$defs/textMap",
            "description": "Free labels, not interpreted."
          },
          "annotations": {
            "$ref": "#/$defs/textMap",
            "description": "Free notes for people and other programs, not interpreted."
          }
        }
      },
      "spec": {
        "description": "A situation, and what must hold in it.",
        "type": "object",
        "additionalProperties": false,
        "required": [
          "given",
          "expect"
        ],
        "properties": {
          "description": {
            "type": "string",
            "description": "What it is for, in the words of whoever wrote it; shown by plan, explain and the audit."
          },
          "requestedBy": {
            "type": "string",
            "description": "Who asked for it; shown by plan, explain and the audit."
          },
          "link": {
            "type": "string",
            "description": "Where it was discussed, for example a ticket; shown by plan, explain and the audit."
          },
          "given": {
            "type": "object",
            "additionalProperties": false,
            "oneOf": [
              {
                "required": [
                  "live"
                ]
              },
              {
                "required": [
                  "datasets"
                ]
              }
            ],
            "description": "The inventory the rules are tested with.",
            "properties": {
              "live": {
                "const": true,
                "description": "The inventory as it is."
              },
              "datasets": {
                "type": "array",
                "minItems": 1,
                "items": {
                  "type": "object",
                  "additionalProperties": false,
                  "required": [
                    "name"
                  ],
                  "description": "A dataset and where it is.",
                  "properties": {
                    "name": {
                      "type": "string",
                      "minLength": 1,
                      "maxLength": 1024,
                      "description": "Name of the dataset."
                    },
                    "status": {
                      "enum": [
                        "VALID",
                        "PRODUCTION",
                        "DEPRECATED",
                        "INVALID",
                        "DELETED",
                        "IGNORED",
                        "UNKNOWN"
                      ],
                      "default": "VALID",
                      "description": "Its status."
                    },
                    "type": {
                      "type": "string",
                      "description": "Its type."
                    },
                    "open": {
                      "type": "boolean",
                      "description": "Whether more blocks may come.",
                      "default": false
                    },
                    "labels": {
                      "$ref": "#/$defs/textMap",
                      "description": "Its labels."
                    },
                    "size": {
                      "$ref": "#/$defs/bytes",
                      "description": "Bytes of its only block, which is called `1`. Default: 1GB."
                    },
                    "blocks": {
                      "type": "object",
                      "minProperties": 1,
                      "propertyNames": {
                        "minLength": 1,
                        "maxLength": 255
                      },
                      "additionalProperties": {
                        "$ref": "#/$defs/bytes"
                      },
                      "description": "Bytes of each of its blocks, by name."
                    },
                    "created": {
                      "$ref": "#/$defs/moment",
                      "description": "When it was created. Default: 1970-01-01."
                    },
                    "lastUpdate": {
                      "$ref": "#/$defs/moment",
                      "description": "When it last changed. Default: as it was created."
                    },
                    "lastAccess": {
                      "$ref": "#/$defs/moment",
                      "description": "When it was last read. Default: never."
                    },
                    "accesses": {
                      "type": "number",
                      "minimum": 0,
                      "description": "How often it was read."
                    },
                    "usageRank": {
                      "type": "number",
                      "minimum": 0,
                      "description": "Its coldness."
                    },
                    "demand": {
                      "type": "number",
                      "minimum": 0,
                      "description": "Its popularity weight."
                    },
                    "tapeRequested": {
                      "type": "boolean",
                      "description": "Whether an outside system wants it on tape.",
                      "default": false
                    },
                    "copyRequested": {
                      "type": "boolean",
                      "description": "Whether an outside system wants a copy.",
                      "default": false
                    },
                    "at": {
                      "type": "array",
                      "items": {
                        "type": [
                          "string",
                          "object"
                        ],
                        "minLength": 1,
                        "additionalProperties": false,
                        "required": [
                          "site"
                        ],
                        "description": "A replica: the name of its site where it is complete and nothing else is to be said, or a mapping.",
                        "properties": {
                          "site": {
                            "$ref": "#/$defs/name",
                            "description": "Where it is."
                          },
                          "owner": {
                            "type": "string",
                            "maxLength": 255,
                            "description": "Owner of its blocks; empty for nobody. Default: that of the Federation."
                          },
                          "owners": {
                            "type": "object",
                            "minProperties": 1,
                            "additionalProperties": {
                              "type": "string",
                              "maxLength": 255
                            },
                            "description": "Owners of single blocks, where they differ: block to owner."
                          },
                          "blocks": {
                            "type": "array",
                            "minItems": 1,
                            "uniqueItems": true,
                            "items": {
                              "$ref": "#/$defs/blockName"
                            },
                            "description": "The blocks that are there at all. Default: all of the dataset."
                          },
                          "complete": {
                            "type": "boolean",
                            "description": "Whether its blocks are complete.",
                            "default": true
                          },
                          "incomplete": {
                            "type": "array",
                            "minItems": 1,
                            "uniqueItems": true,
                            "items": {
                              "$ref": "#/$defs/blockName"
                            },
                            "description": "The blocks that are not complete, where others are."
                          },
                          "present": {
                            "$ref": "#/$defs/fraction",
                            "description": "How much of each incomplete block is there, such as 40%. Default: nothing."
                          },
                          "custodial": {
                            "type": "boolean",
                            "description": "Whether it is custodial.",
                            "default": false
                          },
                          "managed": {
                            "type": "boolean",
                            "description": "Whether the loop made it or was told to manage it.",
                            "default": true
                          },
                          "lastUpdate": {
                            "$ref": "#/$defs/moment",
                            "description": "When its blocks last changed. Default: as the dataset."
                          },
                          "growing": {
                            "type": "boolean",
                            "description": "Whether new blocks follow.",
                            "default": false
                          }
                        }
                      },
                      "description": "Its replicas."
                    }
                  }
                },
                "description": "A small inventory, written out."
              }
            }
          },
          "now": {
            "$ref": "#/$defs/time",
            "description": "The clock of the test. Default: the clock of the run."
          },
          "expect": {
            "type": "array",
            "minItems": 1,
            "items": {
              "type": "object",
              "additionalProperties": false,
              "required": [
                "description"
              ],
              "description": "Something that must hold.",
              "oneOf": [
                {
                  "required": [
                    "datasets"
                  ]
                },
                {
                  "required": [
                    "sites"
                  ]
                },
                {
                  "required": [
                    "plan"
                  ]
                },
                {
                  "required": [
                    "copies"
                  ]
                },
                {
                  "required": [
                    "deletions"
                  ]
                },
                {
                  "required": [
                    "reassignments"
                  ]
                },
                {
                  "required": [
                    "held"
                  ]
                },
                {
                  "required": [
                    "nothing"
                  ]
                }
              ],
              "properties": {
                "description": {
                  "type": "string",
                  "minLength": 1,
                  "description": "What must hold, in words."
                },
                "requestedBy": {
                  "type": "string",
                  "description": "Who asked for it; shown by plan, explain and the audit."
                },
                "link": {
                  "type": "string",
                  "description": "Where it was discussed, for example a ticket; shown by plan, explain and the audit."
                },
                "datasets": {
                  "$ref": "#/$defs/condition",
                  "description": "Dataset condition: for which datasets `that` must hold."
                },
                "sites": {
                  "$ref": "#/$defs/condition",
                  "description": "Site condition: for which sites `that` must hold."
                },
                "that": {
                  "$ref": "#/$defs/condition",
                  "description": "Condition of the same scope: what must hold for each of them."
                },
                "partition": {
                  "$ref": "#/$defs/name",
                  "description": "With `sites`: the partition whose quota and occupancy they read."
                },
                "when": {
                  "enum": [
                    "before",
                    "after"
                  ],
                  "default": "after",
                  "description": "Whether it holds of the inventory as it is given, or after the rules have had their way."
                },
                "plan": {
                  "$ref": "#/$defs/condition",
                  "description": "Condition over the figures of the plan, such as plan.deletions == 0."
                },
                "copies": {
                  "type": "array",
                  "items": {
                    "type": "object",
                    "additionalProperties": false,
                    "required": [
                      "dataset"
                    ],
                    "description": "One action.",
                    "properties": {
                      "dataset": {
                        "type": "string",
                        "minLength": 1,
                        "maxLength": 1024,
                        "description": "Name of the dataset."
                      },
                      "to": {
                        "$ref": "#/$defs/name",
                        "description": "Where to; where it is left out, anywhere."
                      },
                      "blocks": {
                        "type": "array",
                        "minItems": 1,
                        "uniqueItems": true,
                        "items": {
                          "$ref": "#/$defs/blockName"
                        },
                        "description": "Only these blocks; where it is left out, the action may be about any."
                      }
                    }
                  },
                  "description": "The copies that the plan starts: these and no others."
                },
                "deletions": {
                  "type": "array",
                  "items": {
                    "type": "object",
                    "additionalProperties": false,
                    "required": [
                      "dataset",
                      "at"
                    ],
                    "description": "One action.",
                    "properties": {
                      "dataset": {
                        "type": "string",
                        "minLength": 1,
                        "maxLength": 1024,
                        "description": "Name of the dataset."
                      },
                      "at": {
                        "$ref": "#/$defs/name",
                        "description": "Where."
                      },
                      "blocks": {
                        "type": "array",
                        "minItems": 1,
                        "uniqueItems": true,
                        "items": {
                          "$ref": "#/$defs/blockName"
                        },
                        "description": "Only these blocks; where it is left out, the action may be about any."
                      }
                    }
                  },
                  "description": "The deletions that the plan starts: these and no others."
                },
                "reassignments": {
                  "type": "array",
                  "items": {
                    "type": "object",
                    "additionalProperties": false,
                    "required": [
                      "dataset",
                      "at",
                      "owner"
                    ],
                    "description": "One action.",
                    "properties": {
                      "dataset": {
                        "type": "string",
                        "minLength": 1,
                        "maxLength": 1024,
                        "description": "Name of the dataset."
                      },
                      "at": {
                        "$ref": "#/$defs/name",
                        "description": "Where."
                      },
                      "owner": {
                        "$ref": "#/$defs/name",
                        "description": "The new owner."
                      },
                      "blocks": {
                        "type": "array",
                        "minItems": 1,
                        "uniqueItems": true,
                        "items": {
                          "$ref": "#/$defs/blockName"
                        },
                        "description": "Only these blocks; where it is left out, the action may be about any."
                      }
                    }
                  },
                  "description": "The changes of owner in the plan: these and no others."
                },
                "held": {
                  "type": "array",
                  "items": {
                    "type": "object",
                    "additionalProperties": false,
                    "required": [
                      "dataset",
                      "at"
                    ],
                    "description": "One action.",
                    "properties": {
                      "dataset": {
                        "type": "string",
                        "minLength": 1,
                        "maxLength": 1024,
                        "description": "Name of the dataset."
                      },
                      "at": {
                        "$ref": "#/$defs/name",
                        "description": "Where: the destination of a copy, the place of a deletion."
                      },
                      "code": {
                        "type": "string",
                        "minLength": 1,
                        "description": "What holds it, such as last-copy; where it is left out, anything."
                      },
                      "blocks": {
                        "type": "array",
                        "minItems": 1,
                        "uniqueItems": true,
                        "items": {
                          "$ref": "#/$defs/blockName"
                        },
                        "description": "Only these blocks; where it is left out, the action may be about any."
                      }
                    }
                  },
                  "description": "The actions that the plan holds: these and no others."
                },
                "nothing": {
                  "const": true,
                  "description": "The plan starts nothing."
                }
              }
            },
            "description": "What must hold."
          }
        }
      }
    },
    "$defs": {
      "name": {
        "description": "A name: 1 to 255 characters without control characters, compared as it stands.",
        "type": "string",
        "minLength": 1,
        "maxLength": 255,
        "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]+$"
      },
      "textMap": {
        "description": "A map of text to text.",
        "type": "object",
        "additionalProperties": {
          "type": "string"
        },
        "propertyNames": {
          "minLength": 1,
          "maxLength": 255
        }
      },
      "blockName": {
        "description": "Name of a block, without the dataset.",
        "type": "string",
        "minLength": 1,
        "maxLength": 255
      },
      "time": {
        "description": "A time as RFC 3339, or a date alone (midnight UTC), such as 2027-06-01 or 2027-06-01T12:00:00Z.",
        "type": "string",
        "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2}))?$",
        "examples": [
          "2027-06-01",
          "2027-06-01T12:00:00Z"
        ]
      },
      "moment": {
        "description": "A time as RFC 3339 or a date, such as 2027-06-01, or how long ago, such as 90d.",
        "type": "string",
        "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2}))?$|^([0-9]+(\\.[0-9]+)?[smhdw])+$",
        "examples": [
          "2027-06-01",
          "90d"
        ]
      },
      "bytes": {
        "description": "A size in bytes: an integer, or a number with a unit (B, kB, MB, GB, TB, PB, EB, KiB, MiB, GiB, TiB, PiB, EiB) such as 500TB or 10TiB.",
        "type": [
          "integer",
          "string"
        ],
        "minimum": 0,
        "maximum": 9007199254740991,
        "pattern": "^[0-9]+(\\.[0-9]+)?\\s*(B|[kKMGTPE]B|[KMGTPE]iB)?$",
        "examples": [
          "500TB",
          "2PB",
          "10TiB",
          1000000
        ]
      },
      "fraction": {
        "description": "A fraction from 0 to 1, or a percentage, such as 0.85 or 85%.",
        "type": [
          "number",
          "string"
        ],
        "minimum": 0,
        "maximum": 1,
        "pattern": "^[0-9]+(\\.[0-9]+)?%?$",
        "examples": [
          0.85,
          "85%"
        ]
      },
      "condition": {
        "description": "A condition: a CEL expression that results in true or false, or true or false itself.",
        "type": [
          "string",
          "boolean"
        ],
        "minLength": 1
      }
    }
  },
  Rebalance: {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "urn:stator:v1:rebalance",
    "title": "RebalanceDocument",
    "description": "Moves protected single copies from fuller sites to emptier ones.",
    "type": "object",
    "additionalProperties": false,
    "required": [
      "apiVersion",
      "kind",
      "metadata",
      "spec"
    ],
    "properties": {
      "apiVersion": {
        "description": "Version of the document format.",
        "const": "stator/v1"
      },
      "kind": {
        "description": "Kind of the document.",
        "const": "Rebalance"
      },
      "metadata": {
        "description": "Identity of the document and free text about it.",
        "type": "object",
        "additionalProperties": false,
        "required": [
          "name"
        ],
        "properties": {
          "name": {
            "$ref": "#/$defs/name",
            "description": "Name of the document: with the kind its identity. 1 to 255 characters without control characters, compared as it stands."
          },
          "labels": {
            "$ref": "#/$defs/textMap",
            "description": "Free labels, not interpreted."
          },
          "annotations": {
            "$ref": "#/$defs/textMap",
            "description": "Free notes for people and other programs, not interpreted."
          }
        }
      },
      "spec": {
        "description": "What is moved, between which sites, how far.",
        "type": "object",
        "additionalProperties": false,
        "required": [
          "partition",
          "sites"
        ],
        "properties": {
          "description": {
            "type": "string",
            "description": "What it is for, in the words of whoever wrote it; shown by plan, explain and the audit."
          },
          "requestedBy": {
            "type": "string",
            "description": "Who asked for it; shown by plan, explain and the audit."
          },
          "link": {
            "type": "string",
            "description": "Where it was discussed, for example a ticket; shown by plan, explain and the audit."
          },
          "partition": {
            "$ref": "#/$defs/name",
            "description": "Partition whose protected share of quota is evened out."
          },
          "sites": {
            "$ref": "#/$defs/condition",
            "description": "Site condition, with the partition: the sites it is evened out between."
          },
          "datasets": {
            "$ref": "#/$defs/condition",
            "description": "Dataset condition: what may be moved. Default: everything."
          },
          "tolerance": {
            "$ref": "#/$defs/fraction",
            "default": "5%",
            "description": "It stops when the highest and the lowest protected share differ by less."
          },
          "maxBytesPerCycle": {
            "$ref": "#/$defs/bytes",
            "description": "Bytes that one cycle may start to move. Default: no limit of its own."
          },
          "maxDatasetSize": {
            "$ref": "#/$defs/bytes",
            "description": "Larger datasets are not moved. Default: no limit."
          }
        }
      }
    },
    "$defs": {
      "name": {
        "description": "A name: 1 to 255 characters without control characters, compared as it stands.",
        "type": "string",
        "minLength": 1,
        "maxLength": 255,
        "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]+$"
      },
      "textMap": {
        "description": "A map of text to text.",
        "type": "object",
        "additionalProperties": {
          "type": "string"
        },
        "propertyNames": {
          "minLength": 1,
          "maxLength": 255
        }
      },
      "condition": {
        "description": "A condition: a CEL expression that results in true or false, or true or false itself.",
        "type": [
          "string",
          "boolean"
        ],
        "minLength": 1
      },
      "fraction": {
        "description": "A fraction from 0 to 1, or a percentage, such as 0.85 or 85%.",
        "type": [
          "number",
          "string"
        ],
        "minimum": 0,
        "maximum": 1,
        "pattern": "^[0-9]+(\\.[0-9]+)?%?$",
        "examples": [
          0.85,
          "85%"
        ]
      },
      "bytes": {
        "description": "A size in bytes: an integer, or a number with a unit (B, kB, MB, GB, TB, PB, EB, KiB, MiB, GiB, TiB, PiB, EiB) such as 500TB or 10TiB.",
        "type": [
          "integer",
          "string"
        ],
        "minimum": 0,
        "maximum": 9007199254740991,
        "pattern": "^[0-9]+(\\.[0-9]+)?\\s*(B|[kKMGTPE]B|[KMGTPE]iB)?$",
        "examples": [
          "500TB",
          "2PB",
          "10TiB",
          1000000
        ]
      }
    }
  },
  Retention: {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "urn:stator:v1:retention",
    "title": "RetentionDocument",
    "description": "What may be deleted, when, in which order.",
    "type": "object",
    "additionalProperties": false,
    "required": ["apiVersion", "kind", "metadata", "spec"],
    "properties": {
      "apiVersion": {
        "description": "Version of the document format.",
        "const": "stator/v1"
      },
      "kind": {
        "description": "Kind of the document.",
        "const": "Retention"
      },
      "metadata": {
        "description": "Identity of the document and free text about it.",
        "type": "object",
        "additionalProperties": false,
        "required": ["name"],
        "properties": {
          "name": {
            "$ref": "#/$defs/name",
            "description": "Name of the document: with the kind its identity. 1 to 255 characters without control characters, compared as it stands."
          },
          "labels": {
            "$ref": "#/$defs/textMap",
            "description": "Free labels, not interpreted."
          },
          "annotations": {
            "$ref": "#/$defs/textMap",
            "description": "Free notes for people and other programs, not interpreted."
          }
        }
      },
      "spec": {
        "description": "What is decided in one partition at some sites.",
        "type": "object",
        "additionalProperties": false,
        "required": ["partition", "sites"],
        "properties": {
          "description": {
            "type": "string",
            "description": "What it is for, in the words of whoever wrote it; shown by plan, explain and the audit."
          },
          "requestedBy": {
            "type": "string",
            "description": "Who asked for it; shown by plan, explain and the audit."
          },
          "link": {
            "type": "string",
            "description": "Where it was discussed, for example a ticket; shown by plan, explain and the audit."
          },
          "partition": {
            "$ref": "#/$defs/name",
            "description": "Name of the partition whose block replicas are decided."
          },
          "sites": {
            "$ref": "#/$defs/condition",
            "description": "Site condition, with the partition in scope: where."
          },
          "trigger": {
            "$ref": "#/$defs/condition",
            "description": "Site condition, with the partition in scope: when dismissed replicas are deleted. Default: never."
          },
          "until": {
            "$ref": "#/$defs/condition",
            "description": "Site condition, with the partition in scope: when that stops. Default: when trigger no longer holds."
          },
          "mode": {
            "enum": ["incremental", "static"],
            "default": "incremental",
            "description": "incremental: a slice at a time at the site with the largest protected share; static: all candidates of all sites in order."
          },
          "slice": {
            "$ref": "#/$defs/fraction",
            "description": "Share of the quota that one iteration of the incremental mode frees, such as 1%.",
            "default": "1%"
          },
          "order": {
            "type": "array",
            "description": "In which order dismissed replicas go; then by name.",
            "items": {
              "type": "object",
              "additionalProperties": false,
              "required": ["by"],
              "properties": {
                "by": {
                  "$ref": "#/$defs/expression",
                  "description": "Expression in replica scope resulting in a number, a time or text."
                },
                "direction": {
                  "enum": ["asc", "desc"],
                  "default": "asc",
                  "description": "asc: smallest first; desc: largest first."
                }
              }
            }
          },
          "rules": {
            "type": "array",
            "description": "Rules from top to bottom: the first match decides.",
            "items": {
              "type": "object",
              "additionalProperties": false,
              "required": ["id", "action", "when"],
              "properties": {
                "id": {
                  "$ref": "#/$defs/name",
                  "description": "Name of the rule, unique in this Retention."
                },
                "action": {
                  "enum": ["protect", "delete", "dismiss", "ignore"],
                  "description": "protect: not deleted this cycle; delete: deleted whatever the occupancy; dismiss: deleted only while the site is triggered, in order, until until holds; ignore: not decided here and not listed."
                },
                "scope": {
                  "enum": ["replica", "block"],
                  "default": "replica",
                  "description": "Whether the rule decides the whole dataset replica, or single blocks of it."
                },
                "when": {
                  "$ref": "#/$defs/condition",
                  "description": "Condition in the scope of the rule."
                },
                "notBefore": {
                  "$ref": "#/$defs/time",
                  "description": "The rule is inert before, such as 2027-01-01."
                },
                "expires": {
                  "$ref": "#/$defs/time",
                  "description": "The rule is inert from then on, such as 2027-06-01."
                },
                "allowLastCopy": {
                  "type": "boolean",
                  "default": false,
                  "description": "Whether the rule may remove the last copy of what Federation.spec.disposable covers."
                },
                "allowCustodial": {
                  "type": "boolean",
                  "default": false,
                  "description": "Whether the rule may remove custodial replicas; always needs an approval."
                },
                "description": {
                  "type": "string",
                  "description": "What it is for, in the words of whoever wrote it; shown by plan, explain and the audit."
                },
                "requestedBy": {
                  "type": "string",
                  "description": "Who asked for it; shown by plan, explain and the audit."
                },
                "link": {
                  "type": "string",
                  "description": "Where it was discussed, for example a ticket; shown by plan, explain and the audit."
                }
              }
            }
          },
          "default": {
            "enum": ["protect", "delete", "dismiss", "ignore"],
            "default": "protect",
            "description": "What no rule matches."
          }
        }
      }
    },
    "$defs": {
      "name": {
        "description": "A name: 1 to 255 characters without control characters, compared as it stands.",
        "type": "string",
        "minLength": 1,
        "maxLength": 255,
        "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]+$"
      },
      "textMap": {
        "description": "A map of text to text.",
        "type": "object",
        "additionalProperties": {
          "type": "string"
        },
        "propertyNames": {
          "minLength": 1,
          "maxLength": 255
        }
      },
      "fraction": {
        "description": "A fraction from 0 to 1, or a percentage, such as 0.85 or 85%.",
        "type": ["number", "string"],
        "minimum": 0,
        "maximum": 1,
        "pattern": "^[0-9]+(\\.[0-9]+)?%?$",
        "examples": [0.85, "85%"]
      },
      "time": {
        "description": "A time as RFC 3339, or a date alone (midnight UTC), such as 2027-06-01 or 2027-06-01T12:00:00Z.",
        "type": "string",
        "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2}))?$",
        "examples": ["2027-06-01", "2027-06-01T12:00:00Z"]
      },
      "condition": {
        "description": "A condition: a CEL expression that results in true or false, or true or false itself.",
        "type": ["string", "boolean"],
        "minLength": 1
      },
      "expression": {
        "description": "A CEL expression.",
        "type": "string",
        "minLength": 1
      }
    }
  },
  Selector: {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "urn:stator:v1:selector",
    "title": "SelectorDocument",
    "description": "A shared condition, or a long list of names.",
    "type": "object",
    "additionalProperties": false,
    "required": ["apiVersion", "kind", "metadata", "spec"],
    "properties": {
      "apiVersion": {
        "description": "Version of the document format.",
        "const": "stator/v1"
      },
      "kind": {
        "description": "Kind of the document.",
        "const": "Selector"
      },
      "metadata": {
        "description": "Identity of the document and free text about it.",
        "type": "object",
        "additionalProperties": false,
        "required": ["name"],
        "properties": {
          "name": {
            "$ref": "#/$defs/name",
            "description": "Name of the document: with the kind its identity. 1 to 255 characters without control characters, compared as it stands."
          },
          "labels": {
            "$ref": "#/$defs/textMap",
            "description": "Free labels, not interpreted."
          },
          "annotations": {
            "$ref": "#/$defs/textMap",
            "description": "Free notes for people and other programs, not interpreted."
          }
        }
      },
      "spec": {
        "description": "What is selected. Matches when a name matches (if any are given) and when holds (if given).",
        "type": "object",
        "additionalProperties": false,
        "required": ["scope"],
        "anyOf": [
          { "required": ["when"] },
          { "required": ["names"] },
          { "required": ["namesFile"] }
        ],
        "properties": {
          "description": {
            "type": "string",
            "description": "What it is for, in the words of whoever wrote it; shown by plan, explain and the audit."
          },
          "requestedBy": {
            "type": "string",
            "description": "Who asked for it; shown by plan, explain and the audit."
          },
          "link": {
            "type": "string",
            "description": "Where it was discussed, for example a ticket; shown by plan, explain and the audit."
          },
          "scope": {
            "enum": ["site", "dataset", "replica", "block"],
            "description": "What is selected."
          },
          "when": {
            "$ref": "#/$defs/condition",
            "description": "Condition in the scope of the selector."
          },
          "names": {
            "type": "array",
            "minItems": 1,
            "items": {
              "$ref": "#/$defs/name"
            },
            "description": "Names and globs (* and ?)."
          },
          "namesFile": {
            "type": "string",
            "minLength": 1,
            "maxLength": 4096,
            "description": "Path, relative to this file, of a text file with one name or glob per line; # starts a comment."
          }
        }
      }
    },
    "$defs": {
      "name": {
        "description": "A name: 1 to 255 characters without control characters, compared as it stands.",
        "type": "string",
        "minLength": 1,
        "maxLength": 255,
        "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]+$"
      },
      "textMap": {
        "description": "A map of text to text.",
        "type": "object",
        "additionalProperties": {
          "type": "string"
        },
        "propertyNames": {
          "minLength": 1,
          "maxLength": 255
        }
      },
      "condition": {
        "description": "A condition: a CEL expression that results in true or false, or true or false itself.",
        "type": ["string", "boolean"],
        "minLength": 1
      }
    }
  },
  Site: {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "urn:stator:v1:site",
    "title": "SiteDocument",
    "description": "A storage site.",
    "type": "object",
    "additionalProperties": false,
    "required": ["apiVersion", "kind", "metadata", "spec"],
    "properties": {
      "apiVersion": {
        "description": "Version of the document format.",
        "const": "stator/v1"
      },
      "kind": {
        "description": "Kind of the document.",
        "const": "Site"
      },
      "metadata": {
        "description": "Identity of the document and free text about it.",
        "type": "object",
        "additionalProperties": false,
        "required": ["name"],
        "properties": {
          "name": {
            "$ref": "#/$defs/name",
            "description": "Name of the document: with the kind its identity. 1 to 255 characters without control characters, compared as it stands."
          },
          "labels": {
            "$ref": "#/$defs/textMap",
            "description": "Labels of the site: site.labels of expressions."
          },
          "annotations": {
            "$ref": "#/$defs/textMap",
            "description": "Free notes for people and other programs, not interpreted."
          }
        }
      },
      "spec": {
        "description": "What the site is, and how it is reached.",
        "type": "object",
        "additionalProperties": false,
        "required": ["storage"],
        "properties": {
          "description": {
            "type": "string",
            "description": "What it is for, in the words of whoever wrote it; shown by plan, explain and the audit."
          },
          "requestedBy": {
            "type": "string",
            "description": "Who asked for it; shown by plan, explain and the audit."
          },
          "link": {
            "type": "string",
            "description": "Where it was discussed, for example a ticket; shown by plan, explain and the audit."
          },
          "storage": {
            "enum": ["disk", "tape", "buffer"],
            "description": "Storage class."
          },
          "state": {
            "enum": ["ready", "readonly", "draining", "down", "lost"],
            "default": "ready",
            "description": "What the site may be used for: ready; readonly (no new data); draining (data leaves, copies do not count); down (not reachable); lost (its replicas are declared gone)."
          },
          "quotas": {
            "type": "object",
            "additionalProperties": {
              "$ref": "#/$defs/quota"
            },
            "propertyNames": {
              "minLength": 1,
              "maxLength": 255
            },
            "description": "Bytes, or unlimited, per name of a partition; overrides the quotas of the Partition."
          },
          "endpoints": {
            "type": "array",
            "items": {
              "type": "object",
              "additionalProperties": false,
              "required": ["protocol", "match", "url"],
              "properties": {
                "protocol": {
                  "type": "string",
                  "pattern": "^[a-z][a-z0-9+.-]*$",
                  "description": "Protocol of the URL in lower case, such as davs, root, s3 or file."
                },
                "match": {
                  "$ref": "#/$defs/regex",
                  "description": "Regular expression (RE2 syntax) over the logical file name, such as ^/store/(.*)$."
                },
                "url": {
                  "type": "string",
                  "minLength": 1,
                  "description": "The URL; $1, $2 ... are the groups of match."
                },
                "root": {
                  "type": "string",
                  "minLength": 1,
                  "description": "With protocol file: the absolute path of the directory that nothing may leave."
                }
              },
              "if": {
                "properties": {
                  "protocol": {
                    "const": "file"
                  }
                },
                "required": ["protocol"]
              },
              "then": { "required": ["root"] }
            },
            "description": "How a logical file name becomes a URL, per protocol; the first match wins."
          }
        }
      }
    },
    "$defs": {
      "name": {
        "description": "A name: 1 to 255 characters without control characters, compared as it stands.",
        "type": "string",
        "minLength": 1,
        "maxLength": 255,
        "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]+$"
      },
      "textMap": {
        "description": "A map of text to text.",
        "type": "object",
        "additionalProperties": {
          "type": "string"
        },
        "propertyNames": {
          "minLength": 1,
          "maxLength": 255
        }
      },
      "quota": {
        "description": "A size in bytes (an integer, or a number with a unit such as 2PB or 10TiB), or unlimited.",
        "type": ["integer", "string"],
        "minimum": 0,
        "maximum": 9007199254740991,
        "pattern": "^(unlimited|[0-9]+(\\.[0-9]+)?\\s*(B|[kKMGTPE]B|[KMGTPE]iB)?)$",
        "examples": ["2PB", "unlimited"]
      },
      "regex": {
        "description": "A regular expression (RE2 syntax).",
        "type": "string",
        "minLength": 1
      }
    }
  },
  Tenant: {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "urn:stator:v1:tenant",
    "title": "TenantDocument",
    "description": "What the documents under some paths of the repository may speak about.",
    "type": "object",
    "additionalProperties": false,
    "required": [
      "apiVersion",
      "kind",
      "metadata",
      "spec"
    ],
    "properties": {
      "apiVersion": {
        "description": "Version of the document format.",
        "const": "stator/v1"
      },
      "kind": {
        "description": "Kind of the document.",
        "const": "Tenant"
      },
      "metadata": {
        "description": "Identity of the document and free text about it.",
        "type": "object",
        "additionalProperties": false,
        "required": [
          "name"
        ],
        "properties": {
          "name": {
            "$ref": "#/$defs/name",
            "description": "Name of the document: with the kind its identity. 1 to 255 characters without control characters, compared as it stands."
          },
          "labels": {
            "$ref": "#/$defs/textMap",
            "description": "Free labels, not interpreted."
          },
          "annotations": {
            "$ref": "#/$defs/textMap",
            "description": "Free notes for people and other programs, not interpreted."
          }
        }
      },
      "spec": {
        "description": "What documents under some paths may speak about.",
        "type": "object",
        "additionalProperties": false,
        "required": [
          "paths"
        ],
        "properties": {
          "description": {
            "type": "string",
            "description": "What it is for, in the words of whoever wrote it; shown by plan, explain and the audit."
          },
          "requestedBy": {
            "type": "string",
            "description": "Who asked for it; shown by plan, explain and the audit."
          },
          "link": {
            "type": "string",
            "description": "Where it was discussed, for example a ticket; shown by plan, explain and the audit."
          },
          "paths": {
            "type": "array",
            "minItems": 1,
            "items": {
              "type": "string",
              "minLength": 1
            },
            "description": "Globs over the paths of files below the root of the desired state; `*` also crosses `/`, and a path that ends in `/` is everything below it."
          },
          "datasets": {
            "$ref": "#/$defs/condition",
            "description": "Dataset condition: the data its documents may speak about. Default: all."
          },
          "sites": {
            "$ref": "#/$defs/condition",
            "description": "Site condition: the sites its documents may speak about. Default: all."
          },
          "owners": {
            "type": "array",
            "minItems": 1,
            "uniqueItems": true,
            "items": {
              "$ref": "#/$defs/name"
            },
            "description": "Groups its documents may name, and whose replicas they may act on. Default: all."
          },
          "signers": {
            "type": "array",
            "minItems": 1,
            "uniqueItems": true,
            "items": {
              "$ref": "#/$defs/name"
            },
            "description": "Who has to sign commits that change its documents."
          },
          "approvers": {
            "type": "array",
            "minItems": 1,
            "uniqueItems": true,
            "items": {
              "$ref": "#/$defs/name"
            },
            "description": "Who has to approve changes of its documents."
          }
        }
      }
    },
    "$defs": {
      "name": {
        "description": "A name: 1 to 255 characters without control characters, compared as it stands.",
        "type": "string",
        "minLength": 1,
        "maxLength": 255,
        "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]+$"
      },
      "textMap": {
        "description": "A map of text to text.",
        "type": "object",
        "additionalProperties": {
          "type": "string"
        },
        "propertyNames": {
          "minLength": 1,
          "maxLength": 255
        }
      },
      "condition": {
        "description": "A condition: a CEL expression that results in true or false, or true or false itself.",
        "type": [
          "string",
          "boolean"
        ],
        "minLength": 1
      }
    }
  },
  Window: {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "urn:stator:v1:window",
    "title": "WindowDocument",
    "description": "When transfers or deletions may, or must not, start at some sites.",
    "type": "object",
    "additionalProperties": false,
    "required": [
      "apiVersion",
      "kind",
      "metadata",
      "spec"
    ],
    "properties": {
      "apiVersion": {
        "description": "Version of the document format.",
        "const": "stator/v1"
      },
      "kind": {
        "description": "Kind of the document.",
        "const": "Window"
      },
      "metadata": {
        "description": "Identity of the document and free text about it.",
        "type": "object",
        "additionalProperties": false,
        "required": [
          "name"
        ],
        "properties": {
          "name": {
            "$ref": "#/$defs/name",
            "description": "Name of the document: with the kind its identity. 1 to 255 characters without control characters, compared as it stands."
          },
          "labels": {
            "$ref": "#/$defs/textMap",
            "description": "Free labels, not interpreted."
          },
          "annotations": {
            "$ref": "#/$defs/textMap",
            "description": "Free notes for people and other programs, not interpreted."
          }
        }
      },
      "spec": {
        "description": "Where, when, and what.",
        "type": "object",
        "additionalProperties": false,
        "required": [
          "schedule"
        ],
        "properties": {
          "description": {
            "type": "string",
            "description": "What it is for, in the words of whoever wrote it; shown by plan, explain and the audit."
          },
          "requestedBy": {
            "type": "string",
            "description": "Who asked for it; shown by plan, explain and the audit."
          },
          "link": {
            "type": "string",
            "description": "Where it was discussed, for example a ticket; shown by plan, explain and the audit."
          },
          "sites": {
            "$ref": "#/$defs/condition",
            "description": "Site condition: where. Default: everywhere."
          },
          "schedule": {
            "type": "object",
            "additionalProperties": false,
            "required": [
              "cron",
              "duration"
            ],
            "description": "When the window is open.",
            "properties": {
              "cron": {
                "type": "string",
                "minLength": 1,
                "description": "Starts of the window: five fields (minute, hour, day of month, month, day of week)."
              },
              "duration": {
                "$ref": "#/$defs/duration",
                "description": "How long it stays open, such as 4h."
              },
              "timezone": {
                "type": "string",
                "minLength": 1,
                "default": "UTC",
                "description": "Time zone of the schedule, a name of the IANA database such as Europe/Zurich."
              }
            }
          },
          "allow": {
            "enum": [
              "transfers",
              "deletions",
              "all"
            ],
            "description": "These start only while a window that allows them is open."
          },
          "deny": {
            "enum": [
              "transfers",
              "deletions",
              "all"
            ],
            "description": "These do not start while the window is open; deny beats allow."
          }
        },
        "oneOf": [
          {
            "required": [
              "allow"
            ]
          },
          {
            "required": [
              "deny"
            ]
          }
        ]
      }
    },
    "$defs": {
      "name": {
        "description": "A name: 1 to 255 characters without control characters, compared as it stands.",
        "type": "string",
        "minLength": 1,
        "maxLength": 255,
        "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]+$"
      },
      "textMap": {
        "description": "A map of text to text.",
        "type": "object",
        "additionalProperties": {
          "type": "string"
        },
        "propertyNames": {
          "minLength": 1,
          "maxLength": 255
        }
      },
      "condition": {
        "description": "A condition: a CEL expression that results in true or false, or true or false itself.",
        "type": [
          "string",
          "boolean"
        ],
        "minLength": 1
      },
      "duration": {
        "description": "A duration with its unit (s, m, h, d, w) such as 30m, 12h, 90d or 2w.",
        "type": "string",
        "pattern": "^([0-9]+(\\.[0-9]+)?[smhdw])+$",
        "examples": [
          "30m",
          "12h",
          "90d",
          "2w"
        ]
      }
    }
  },
} as const;
