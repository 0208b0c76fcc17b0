"""The three tables that other programs made before, as their own statements make them."""

FILE_DDL = """
CREATE TABLE sync_progress (
  id UUID PRIMARY KEY, sync_id VARCHAR(255) NOT NULL, user_id UUID NOT NULL,
  status VARCHAR(50) NOT NULL, progress INTEGER DEFAULT 0, current_step TEXT,
  step INTEGER DEFAULT 0, total_steps INTEGER DEFAULT 5, metadata JSONB,
  created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, UNIQUE(user_id, sync_id)
);
CREATE TABLE amazon_claims (
  id UUID PRIMARY KEY, claim_id VARCHAR(255) NOT NULL, user_id UUID NOT NULL,
  order_id VARCHAR(255), amount DECIMAL(10, 2) NOT NULL, currency VARCHAR(10) DEFAULT 'USD',
  status VARCHAR(50), type VARCHAR(100), description TEXT, created_at TIMESTAMP,
  synced_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, is_mock BOOLEAN DEFAULT FALSE,
  mock_scenario VARCHAR(100), UNIQUE(user_id, claim_id)
);
CREATE TABLE amazon_inventory (
  id UUID PRIMARY KEY, user_id UUID NOT NULL, sku VARCHAR(255) NOT NULL, asin VARCHAR(255),
  fnsku VARCHAR(255), product_name VARCHAR(500), quantity_available INTEGER DEFAULT 0,
  quantity_reserved INTEGER DEFAULT 0, quantity_inbound INTEGER DEFAULT 0,
  quantity_total INTEGER DEFAULT 0, condition VARCHAR(50), warehouse_location VARCHAR(255),
  synced_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, is_mock BOOLEAN DEFAULT FALSE,
  mock_scenario VARCHAR(100), UNIQUE(user_id, sku)
);
"""

SERVER_DDL = (
    """CREATE TABLE sync_progress (
  id UUID PRIMARY KEY,
  sync_id VARCHAR(255) NOT NULL,
  user_id UUID NOT NULL,
  status VARCHAR(50) NOT NULL,
  progress INTEGER DEFAULT 0,
  current_step TEXT,
  step INTEGER DEFAULT 0,
  total_steps INTEGER DEFAULT 5,
  metadata JSONB,
  created_at TIMESTAMP DEFAULT NOW(),
  updated_at TIMESTAMP DEFAULT NOW(),
  UNIQUE(user_id, sync_id)
)""",
    """CREATE TABLE amazon_claims (
  id UUID PRIMARY KEY,
  claim_id VARCHAR(255) NOT NULL,
  user_id UUID NOT NULL,
  order_id VARCHAR(255),
  amount DECIMAL(10, 2) NOT NULL,
  currency VARCHAR(10) DEFAULT 'USD',
  status VARCHAR(50),
  type VARCHAR(100),
  description TEXT,
  created_at TIMESTAMP,
  synced_at TIMESTAMP DEFAULT NOW(),
  is_mock BOOLEAN DEFAULT FALSE,
  mock_scenario VARCHAR(100),
  UNIQUE(user_id, claim_id)
)""",
    """CREATE TABLE amazon_inventory (
  id UUID PRIMARY KEY,
  user_id UUID NOT NULL,
  sku VARCHAR(255) NOT NULL,
  asin VARCHAR(255),
  fnsku VARCHAR(255),
  product_name VARCHAR(500),
  quantity_available INTEGER DEFAULT 0,
  quantity_reserved INTEGER DEFAULT 0,
  quantity_inbound INTEGER DEFAULT 0,
  quantity_total INTEGER DEFAULT 0,
  condition VARCHAR(50),
  warehouse_location VARCHAR(255),
  synced_at TIMESTAMP DEFAULT NOW(),
  is_mock BOOLEAN DEFAULT FALSE,
  mock_scenario VARCHAR(100),
  UNIQUE(user_id, sku)
)""",
)
